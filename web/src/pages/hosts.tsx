// Hosts on a circle by subnet: normal relations thin and quiet, abnormal ones thick and loud.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { caseAddress, go, hostAddress, traceAddress, useApp, useKeys, useLoaded, useSaid, useText } from '../app';
import { number } from '../format';
import { LevelMark, Notice, Time, Waiting } from '../parts';
import type { Host, HostAnswer, HostLinkRow, HostsAnswer, Relation } from '../types';

const SIZE = 880;
const CENTER = SIZE / 2;
const RADIUS = 300;
const NAMED = 150; // with more hosts, only those that matter get their name written

interface Point {
    host: Host;
    angle: number;
    x: number;
    y: number;
}

interface Arc {
    subnet: string;
    from: number;
    to: number;
}

// Hosts side by side within a subnet, a gap between subnets.
function circle(hosts: Host[]): { points: Map<string, Point>; arcs: Arc[] } {
    const subnets = [...new Set(hosts.map((host) => host.subnet ?? ''))];
    const gap = subnets.length > 1 ? 3 : 0;
    const slots = hosts.length + gap * subnets.length;
    const points = new Map<string, Point>();
    const arcs: Arc[] = [];
    let slot = 0;
    for (const subnet of subnets) {
        const angleOf = (at: number): number => (at / slots) * 2 * Math.PI - Math.PI / 2;
        const first = slot;
        for (const host of hosts.filter((item) => (item.subnet ?? '') === subnet)) {
            const angle = angleOf(slot + gap / 2 + 0.5);
            points.set(host.name, { host, angle, x: CENTER + RADIUS * Math.cos(angle), y: CENTER + RADIUS * Math.sin(angle) });
            slot++;
        }
        arcs.push({ subnet, from: angleOf(first + gap / 2), to: angleOf(slot + gap / 2) });
        slot += gap;
    }
    return { points, arcs };
}

// Links bend towards the middle, the more the closer their ends are.
function bend(a: Point, b: Point): [number, number] {
    const pull = 0.25;
    return [CENTER + ((a.x + b.x) / 2 - CENTER) * pull, CENTER + ((a.y + b.y) / 2 - CENTER) * pull];
}

function path(a: Point, b: Point): string {
    const [x, y] = bend(a, b);
    return `M${a.x} ${a.y}Q${x} ${y} ${b.x} ${b.y}`;
}

interface CanvasProps {
    links: HostLinkRow[];
    points: Map<string, Point>;
    selected: string | null;
}

// Thousands of quiet lines are painted once; what is pointed at is drawn above them.
function NormalLinks({ links, points, selected }: CanvasProps): JSX.Element {
    const { theme } = useApp();
    const canvas = useRef<HTMLCanvasElement>(null);
    useEffect(() => {
        const element = canvas.current;
        const context = element?.getContext('2d');
        if (!element || !context) {
            return;
        }
        const scale = window.devicePixelRatio;
        const style = getComputedStyle(document.documentElement);
        element.width = element.height = SIZE * scale;
        context.scale(scale, scale);
        context.lineWidth = 0.75;
        for (const link of links) {
            const a = points.get(link.from);
            const b = points.get(link.to);
            if (a && b) {
                const mine = selected === link.from || selected === link.to;
                context.strokeStyle = style.getPropertyValue(mine ? '--n10' : '--n7');
                context.globalAlpha = selected && !mine ? 0.25 : mine ? 1 : Math.max(0.3, Math.min(0.9, 150 / links.length));
                context.beginPath();
                context.moveTo(a.x, a.y);
                context.quadraticCurveTo(...bend(a, b), b.x, b.y);
                context.stroke();
            }
        }
    }, [links, points, selected, theme]);
    return <canvas ref={canvas} aria-hidden="true" />;
}

function SubnetArc({ arc }: { arc: Arc }): JSX.Element {
    const text = useText();
    const at = (angle: number, radius: number): string =>
        `${CENTER + radius * Math.cos(angle)} ${CENTER + radius * Math.sin(angle)}`;
    const middle = (arc.from + arc.to) / 2;
    const right = Math.cos(middle) >= 0;
    const radius = RADIUS + 100;
    return (
        <g class="subnet">
            <path d={`M${at(arc.from, RADIUS + 8)}A${RADIUS + 8} ${RADIUS + 8} 0 ${arc.to - arc.from > Math.PI ? 1 : 0} 1 ${at(arc.to, RADIUS + 8)}`} />
            <text
                x={CENTER + radius * Math.cos(middle)}
                y={CENTER + radius * Math.sin(middle)}
                text-anchor={Math.abs(Math.cos(middle)) < 0.3 ? 'middle' : right ? 'start' : 'end'}
                dy="0.35em"
            >
                {arc.subnet || text('hosts.subnet_none')}
            </text>
        </g>
    );
}

interface HostPointProps {
    point: Point;
    named: boolean;
    loud: boolean;
    selected: boolean;
}

function HostPoint({ point, named, loud, selected }: HostPointProps): JSX.Element {
    const { host, angle, x, y } = point;
    const flip = Math.cos(angle) < 0;
    const degrees = (angle * 180) / Math.PI + (flip ? 180 : 0);
    return (
        <a
            class={`point${loud ? ' loud' : ''}${selected ? ' selected' : ''}${host.learning ? ' learning' : ''}`}
            href={hostAddress(host.name)}
            aria-label={host.name}
        >
            <circle class="catch" cx={x} cy={y} r={9} />
            <circle cx={x} cy={y} r={loud || selected ? 5 : 3} />
            {named && (
                <text
                    transform={`translate(${CENTER + (RADIUS + 16) * Math.cos(angle)} ${CENTER + (RADIUS + 16) * Math.sin(angle)}) rotate(${degrees})`}
                    text-anchor={flip ? 'end' : 'start'}
                    dy="0.35em"
                >
                    {host.name}
                </text>
            )}
            <title>{host.name}</title>
        </a>
    );
}

function HostCircle({ answer, links, selected }: { answer: HostsAnswer; links: HostLinkRow[]; selected: string | null }): JSX.Element {
    const text = useText();
    const { points, arcs } = useMemo(() => circle(answer.hosts), [answer.hosts]);
    const normal = useMemo(() => links.filter((link) => !link.abnormal), [links]);
    const abnormal = links.filter((link) => link.abnormal && points.has(link.from) && points.has(link.to));
    const loud = new Set(abnormal.flatMap((link) => [link.from, link.to]));
    const few = answer.hosts.length <= NAMED;
    return (
        <div class="circle">
            <NormalLinks links={normal} points={points} selected={selected} />
            <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label={text('hosts.graph')}>
                {arcs.map((arc) => (
                    <SubnetArc key={arc.subnet} arc={arc} />
                ))}
                {abnormal.map((link) => (
                    <path
                        key={`${link.from} ${link.to}`}
                        class={`abnormal${selected && selected !== link.from && selected !== link.to ? ' away' : ''}`}
                        d={path(points.get(link.from)!, points.get(link.to)!)}
                    >
                        <title>{`${link.from} → ${link.to}`}</title>
                    </path>
                ))}
                {[...points.values()].map((point) => (
                    <HostPoint
                        key={point.host.name}
                        point={point}
                        named={few || loud.has(point.host.name) || selected === point.host.name}
                        loud={loud.has(point.host.name)}
                        selected={selected === point.host.name}
                    />
                ))}
            </svg>
        </div>
    );
}

function HostList({ hosts, loud }: { hosts: Host[]; loud: Set<string> }): JSX.Element {
    const text = useText();
    const subnets = [...new Set(hosts.map((host) => host.subnet ?? ''))];
    return (
        <>
            {subnets.map((subnet) => {
                const members = hosts.filter((host) => (host.subnet ?? '') === subnet);
                return (
                    <section class="part" key={subnet}>
                        <h2>
                            {subnet || text('hosts.subnet_none')} <span class="dim">{text('hosts.count', { n: members.length })}</span>
                        </h2>
                        <ul class="host-list">
                            {members.map((host) => (
                                <li key={host.name} class={loud.has(host.name) ? 'loud' : undefined}>
                                    <a href={hostAddress(host.name)}>{host.name}</a>
                                    {host.learning && <span class="chip">{text('hosts.learning')}</span>}
                                    {host.cases_open > 0 && <span class="open">{text('hosts.cases', { n: host.cases_open })}</span>}
                                </li>
                            ))}
                        </ul>
                    </section>
                );
            })}
        </>
    );
}

function RelationWords({ relation, host }: { relation: Relation; host: Host }): JSX.Element {
    const text = useText();
    const mine = relation.subject === host.name;
    const peer = mine ? relation.object : relation.subject;
    const values = { peer, days: relation.days, of: relation.host_days ?? host.days, relation: relation.relation };
    const address = /^[\d.]+$|:/.test(peer);
    const key =
        relation.relation !== 'host' ? 'hosts.relation'
        : relation.abnormal ? (mine ? 'hosts.reached' : 'hosts.was_reached')
        : mine ? 'hosts.talks' : 'hosts.is_reached';
    const [before = '', after = ''] = text(key, { ...values, peer: '\u0000' }).split('\u0000');
    return (
        <li class={relation.abnormal ? 'loud' : undefined}>
            {before}
            <a href={relation.relation === 'host' && !address ? hostAddress(peer) : traceAddress(peer)}>{peer}</a>
            {after} {relation.events > 0 && <span class="dim">{text('hosts.events', { n: number(relation.events) })}</span>}
        </li>
    );
}

function HostWords({ answer }: { answer: HostAnswer }): JSX.Element {
    const text = useText();
    const said = useSaid();
    const { host, normal, cases } = answer;
    const broken = normal.filter((item) => item.abnormal);
    const kept = normal.filter((item) => !item.abnormal);
    return (
        <>
            <p class="line dim">
                <a href="#/hosts">{text('hosts.all')}</a>
                <span aria-hidden="true">▸</span>
            </p>
            <h2 class="host-name">{host.name}</h2>
            <p class="line dim">
                {host.address && <a href={traceAddress(host.address)}>{host.address}</a>}
                {host.peer_group && <span>{text('hosts.group', { group: host.peer_group, subnet: host.subnet ?? '' })}</span>}
                <span>{text('hosts.days', { n: host.days })}</span>
                <span>{text('hosts.events', { n: number(host.events) })}</span>
                <span>
                    {text('hosts.last_seen')} <Time at={host.last_seen} />
                </span>
                {host.learning && <span class="chip">{text('hosts.learning')}</span>}
                <a class="door" href={traceAddress(host.name)}>{text('hosts.trace')}</a>
            </p>
            {broken.length > 0 && (
                <section class="part">
                    <h2>{text('hosts.its_abnormal')}</h2>
                    <ul class="relations">
                        {broken.map((item) => (
                            <RelationWords key={`${item.relation} ${item.subject} ${item.object}`} relation={item} host={host} />
                        ))}
                    </ul>
                </section>
            )}
            {cases.length > 0 && (
                <section class="part">
                    <h2>{text('hosts.its_cases')}</h2>
                    <ul class="host-cases">
                        {cases.map((item) => (
                            <li key={item.id}>
                                <a href={caseAddress(item.id)}>
                                    <LevelMark level={item.level} verdict={item.verdict} /> {said(item, 'title')}
                                </a>
                            </li>
                        ))}
                    </ul>
                </section>
            )}
            <section class="part">
                <h2>{text('hosts.its_normal')}</h2>
                {kept.length === 0 && <p class="dim">{text('hosts.no_normal')}</p>}
                <ul class="relations">
                    {kept.map((item) => (
                        <RelationWords key={`${item.relation} ${item.subject} ${item.object}`} relation={item} host={host} />
                    ))}
                </ul>
            </section>
        </>
    );
}

// The links first seen up to a moment: how the picture came to be.
function useMoment(links: HostLinkRow[]): { shown: HostLinkRow[]; slider: JSX.Element | null } {
    const text = useText();
    const times = useMemo(
        () => links.flatMap((link) => (link.first_seen ? [Date.parse(link.first_seen)] : [])).sort((a, b) => a - b),
        [links],
    );
    const [moment, setMoment] = useState<number | null>(null);
    const first = times[0] ?? 0;
    const last = times[times.length - 1] ?? 0;
    const at = moment ?? last;
    const shown = useMemo(
        () => (at >= last ? links : links.filter((link) => !link.first_seen || Date.parse(link.first_seen) <= at)),
        [links, at, last],
    );
    const slider =
        last > first ? (
            <label class="line moment">
                <span class="dim">{text('hosts.until')}</span>
                <input type="range" min={first} max={last} step={(last - first) / 200} value={at} onInput={(event) => setMoment(Number(event.currentTarget.value))} />
                <Time at={new Date(at).toISOString()} />
            </label>
        ) : null;
    return { shown, slider };
}

export function Hosts({ name }: { name: string | null }): JSX.Element {
    const text = useText();
    const { language } = useApp();
    const loaded = useLoaded<HostsAnswer>('/api/hosts');
    const one = useLoaded<HostAnswer>(name ? `/api/hosts/${encodeURIComponent(name)}` : null);
    const answer = loaded.value;
    const { shown, slider } = useMoment(answer?.links ?? []);
    useKeys({ Escape: () => go(name ? '#/hosts' : '#/cases') });
    if (!answer) {
        return <Waiting loaded={loaded} />;
    }
    if (answer.hosts.length === 0) {
        return <Notice title="hosts.empty" what="hosts.empty_do" />;
    }
    const loud = new Set(answer.links.filter((link) => link.abnormal).flatMap((link) => [link.from, link.to]));
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('hosts.title')}</h1>
                <span class="dim">{text('hosts.count', { n: number(answer.hosts.length) })}</span>
                <ul class="legend">
                    <li class="normal">{text('hosts.normal')}</li>
                    <li class="broken">{text('hosts.abnormal')}</li>
                </ul>
                <span class="gap" />
                {slider}
            </div>
            <div class="hosts-page" lang={language}>
                <div>
                    <HostCircle answer={answer} links={shown} selected={name} />
                    {answer.links_total > answer.links.length && (
                        <p class="dim">{text('hosts.cut', { shown: number(answer.links.length), total: number(answer.links_total) })}</p>
                    )}
                </div>
                <aside>
                    {!name ? <HostList hosts={answer.hosts} loud={loud} /> : one.value ? <HostWords answer={one.value} /> : <Waiting loaded={one} />}
                </aside>
            </div>
        </section>
    );
}

