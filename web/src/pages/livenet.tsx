// The organisation's own addresses, /24 by /24, with what flows between them and out of them.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { go, huntAddress, useApp, useKeys, useLoaded, useObserved, useText } from '../app';
import { Arcs, colourOf } from '../arcs_view';
import type { ArcShape } from '../arcs';
import { bytes, dateTimeOf, number } from '../format';
import { Notice, Waiting } from '../parts';
import { hilbert, octetsOf } from '../picture';
import type { HostsAnswer } from '../types';
import type { Flow, LivenetAnswer } from '../types_darknet';

const WIDTH = 880;
const OUTSIDE = 44; // the strip of the world, above
const GAP = 14;

const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/;

interface Net {
    name: string; // "10.0.3"
    unit: string | null;
    x: number;
    y: number;
}

interface Drawing {
    nets: Map<string, Net>;
    height: number;
    side: number; // of a net
    place: (address: string) => [number, number] | null;
}

const netOf = (address: string): string => address.slice(0, address.lastIndexOf('.'));

function insideOf(flows: Flow[]): Map<string, string | null> {
    const nets = new Map<string, string | null>();
    for (const flow of flows) {
        const ends = flow.internal ? [flow.source_ip, flow.destination_ip] : [flow.source_ip, flow.destination_ip].filter((end) => PRIVATE.test(end));
        for (const end of ends.filter((address) => octetsOf(address))) {
            nets.set(netOf(end), nets.get(netOf(end)) ?? (end === flow.source_ip ? flow.unit : null));
        }
    }
    return nets;
}

// The nets in a grid in the order of their addresses; the world in a strip above, by first octet.
function drawing(flows: Flow[]): Drawing {
    const found = insideOf(flows);
    const names = [...found.keys()].sort((a, b) => {
        const [p, q] = [octetsOf(`${a}.0`) ?? [], octetsOf(`${b}.0`) ?? []];
        return (p[0]! - q[0]!) || (p[1]! - q[1]!) || (p[2]! - q[2]!);
    });
    const columns = Math.max(3, Math.ceil(Math.sqrt(names.length * 1.4)));
    const side = (WIDTH - 2 - GAP * (columns - 1)) / columns;
    const rows = Math.ceil(names.length / columns);
    const nets = new Map(names.map((name, i) => [name, { name, unit: found.get(name) ?? null, x: 1 + (i % columns) * (side + GAP), y: OUTSIDE + 40 + Math.floor(i / columns) * (side + GAP + 14) }]));
    const place = (address: string): [number, number] | null => {
        const octets = octetsOf(address);
        const net = nets.get(netOf(address));
        if (octets && net) {
            const [x, y] = hilbert(4, octets[3]!);
            return [net.x + ((x + 0.5) * side) / 16, net.y + ((y + 0.5) * side) / 16];
        }
        return octets ? [((octets[0]! * 256 + octets[1]!) / 65536) * WIDTH, OUTSIDE - 12] : null;
    };
    return { nets, side, place, height: OUTSIDE + 40 + rows * (side + GAP + 14) };
}

function arcsOf(flows: Flow[], { place }: Drawing): ArcShape[] {
    const top = Math.log1p(Math.max(1, ...flows.map((flow) => flow.bytes)));
    const quiet = Math.min(1, 250 / flows.length + 0.1);
    const [inside, outside] = [colourOf('--accent'), colourOf('--level-3')];
    return flows.flatMap((flow, i) => {
        const [from, to] = [place(flow.source_ip), place(flow.destination_ip)];
        const share = Math.log1p(flow.bytes) / top;
        return from && to ? [{ from, to, colour: flow.internal ? inside : outside, strength: quiet * (0.1 + 0.5 * share ** 3), head: 0.15 + 0.75 * share ** 3, speed: 0.2 + 0.5 * share, phase: (i * 0.6180339887) % 1 }] : [];
    });
}

// Every host that speaks, a cell; the busier the darker.
function paintHosts(canvas: HTMLCanvasElement, flows: Flow[], made: Drawing): void {
    const context = canvas.getContext('2d')!;
    const scale = canvas.width / WIDTH;
    const sums = new Map<string, number>();
    flows.forEach((flow) => [flow.source_ip, flow.destination_ip].forEach((end) => sums.set(end, (sums.get(end) ?? 0) + flow.bytes)));
    const top = Math.log1p(Math.max(1, ...sums.values()));
    const css = (variable: string, alpha: number): string => `rgba(${colourOf(variable).map((part) => part * 255).join()},${alpha})`;
    const cell = (made.side / 16) * scale;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const [address, sum] of sums) {
        const at = made.place(address);
        if (at) {
            const known = made.nets.has(netOf(address));
            context.fillStyle = known ? css('--n9', 0.12 + 0.6 * (Math.log1p(sum) / top) ** 4) : css('--level-3', 0.8);
            context.fillRect(at[0] * scale - cell / 2, at[1] * scale - cell / 2, known ? cell - 1 : 2 * scale, known ? cell - 1 : 8 * scale);
        }
    }
}

interface Alarm {
    address: string;
    label: string;
    door: string;
}

function useAlarms(answer: LivenetAnswer): Alarm[] {
    const text = useText();
    const hosts = useLoaded<HostsAnswer>('/api/hosts').value?.hosts ?? [];
    return [
        ...hosts.filter((host) => host.cases_open > 0 && host.address).map((host) => ({ address: host.address!, label: text('livenet.case', { name: host.name, n: host.cases_open }), door: `#/hosts/${encodeURIComponent(host.name)}` })),
        ...answer.alerts.map((item) => ({ address: item.source_ip, label: text('livenet.contact', { address: item.source_ip }), door: `#/contacts?contact=${item.id}` })),
    ];
}

function Map24({ flows, answer }: { flows: Flow[]; answer: LivenetAnswer }): JSX.Element {
    const text = useText();
    const { theme } = useApp();
    const canvas = useRef<HTMLCanvasElement>(null);
    const made = useMemo(() => drawing(answer.flows), [answer.flows]);
    const arcs = useMemo(() => arcsOf(flows, made), [flows, made, theme]);
    const alarms = useAlarms(answer).filter((alarm) => made.nets.has(netOf(alarm.address)));
    useEffect(() => paintHosts(canvas.current!, flows, made), [flows, made, theme]);
    return (
        <div class="livenet" style={{ aspectRatio: `${WIDTH} / ${made.height}` }}>
            <canvas ref={canvas} width={WIDTH * 2} height={made.height * 2} aria-hidden="true" />
            <Arcs arcs={arcs} width={WIDTH} height={made.height} polar={false} />
            <svg viewBox={`0 0 ${WIDTH} ${made.height}`} role="group" aria-label={text('livenet.map')}>
                <text class="dim" x="0" y="12">{text('livenet.outside')}</text>
                <line class="world" x1="0" x2={WIDTH} y1={OUTSIDE - 4} y2={OUTSIDE - 4} />
                {[...made.nets.values()].map((net) => (
                    <a key={net.name} class="net" href={huntAddress(`SELECT source_ip, destination_ip, application, sum(flows) AS flows, sum(bytes) AS bytes FROM livenet_flows WHERE source_ip LIKE '${net.name}.%' GROUP BY 1, 2, 3 ORDER BY bytes DESC LIMIT 500`)} aria-label={`${net.name}.0/24`}>
                        <rect x={net.x - 1} y={net.y - 1} width={made.side + 2} height={made.side + 2} />
                        <text x={net.x} y={net.y - 6}>{net.name}.0/24 {net.unit !== `${net.name}.0/24` && <tspan class="dim">{net.unit}</tspan>}</text>
                    </a>
                ))}
                {alarms.map((alarm) => {
                    const [x, y] = made.place(alarm.address) ?? [0, 0];
                    return (
                        <a key={alarm.door + alarm.address} class="alarm" href={alarm.door} aria-label={alarm.label}>
                            <circle cx={x} cy={y} r="9" />
                            <title>{alarm.label}</title>
                        </a>
                    );
                })}
            </svg>
        </div>
    );
}

interface Group {
    name: string | null;
    flows: number;
    bytes: number;
}

function Groups({ title, groups, door, chosen }: { title: string; groups: Group[]; door: (name: string) => string; chosen: string }): JSX.Element {
    const text = useText();
    const top = Math.max(1, ...groups.map((group) => group.bytes));
    return (
        <section class="part">
            <h2>{title}</h2>
            <ul class="groups">
                {groups.slice(0, 10).map((group) => (
                    <li key={group.name}>
                        <a href={door(group.name ?? '')} aria-current={chosen && chosen === group.name ? 'true' : undefined}>{group.name || text('darknet.other')}</a>
                        <span class="dim number">{bytes(group.bytes)}</span>
                        <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="room" width="100" height="4" /><rect width={(100 * group.bytes) / top} height="4" /></svg>
                    </li>
                ))}
            </ul>
        </section>
    );
}

export function Livenet({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const application = query.get('application') ?? '';
    const unit = query.get('unit') ?? '';
    const loaded = useObserved<LivenetAnswer>('/api/livenet');
    const answer = loaded.value;
    const flows = useMemo(
        () => (answer?.flows ?? []).filter((flow) => (!application || flow.application === application) && (!unit || flow.unit === unit)),
        [answer, application, unit],
    );
    useKeys({ Escape: () => go(application || unit ? '#/livenet' : '#/darknet') });
    if (!answer) {
        return <Waiting loaded={loaded} />;
    }
    if (answer.flows.length === 0) {
        return <Notice title="livenet.empty" what="livenet.empty_do" />;
    }
    const { totals } = answer;
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('livenet.title')}</h1>
                <span class="dim">
                    {text('livenet.sums', { flows: number(totals.flows), bytes: bytes(totals.bytes) })} {totals.until && dateTimeOf(totals.until)}
                </span>
                {(application || unit) && <a class="chip" href="#/livenet">{application || unit} ×</a>}
                <span class="gap" />
                <ul class="legend kinds">
                    <li class="kind-inside">{text('livenet.inside')}</li>
                    <li class="kind-outside">{text('livenet.to_outside')}</li>
                    <li class="kind-alarm">{text('livenet.alarm')}</li>
                </ul>
            </div>
            <div class="hosts-page">
                <div>
                    <Map24 flows={flows} answer={answer} />
                    {answer.flows.length >= 5000 && <p class="dim small">{text('livenet.cut', { n: number(answer.flows.length) })}</p>}
                </div>
                <aside>
                    <Groups title={text('livenet.applications')} groups={answer.applications} chosen={application} door={(name) => `#/livenet?application=${encodeURIComponent(name)}`} />
                    <Groups title={text('livenet.units')} groups={answer.units} chosen={unit} door={(name) => `#/livenet?unit=${encodeURIComponent(name)}`} />
                    <Groups title={text('livenet.hosts')} groups={answer.hosts} chosen="" door={(name) => huntAddress(`SELECT time_text(start) AS time, destination_ip, destination_port, application, bytes FROM livenet_flows WHERE source_ip = '${name}' ORDER BY start DESC LIMIT 500`)} />
                </aside>
            </div>
        </section>
    );
}
