// The ring: the darknet in the middle, the organisations around it, an arc for each address of
// theirs that reached it; beside it the same as a list.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { go, sourceAddress, useApp, useExplained, useKeys, useObserved, useText } from '../app';
import { Arcs, colourOf } from '../arcs_view';
import type { ArcShape } from '../arcs';
import { inLocalTime, number } from '../format';
import { Notice, Time, Waiting } from '../parts';
import { serviceOf } from '../services';
import type { Contact, ContactsAnswer, Organisation } from '../types_darknet';
import { useNamed } from './darknet';
import { octetsOf } from '../picture';

const SIZE = 880;
const CENTER = SIZE / 2;
const RING = 290;
const DISC = 120;
const LISTED = 200;
const PORTS = 10; // named on the disc

interface Segment {
    organisation: Organisation;
    from: number;
    to: number;
}

// Room by the square root of the addresses, and never less than a finger needs.
function segments(organisations: Organisation[]): Segment[] {
    const sizes = organisations.map((item) => Math.sqrt(Math.max(1, item.addresses)) + 1);
    const whole = sizes.reduce((sum, size) => sum + size, 0);
    const gap = Math.min(0.02, 1 / Math.max(1, organisations.length));
    const least = 0.4 / Math.max(1, organisations.length);
    let at = -Math.PI / 2;
    return organisations.map((organisation, i) => {
        const share = least * 2 * Math.PI / (2 * Math.PI) + (1 - 0.4) * ((sizes[i] ?? 1) / whole);
        const from = at;
        at += share * 2 * Math.PI;
        return { organisation, from: from + gap / 2, to: at - gap / 2 };
    });
}

// Where in its organisation an address stands: 0 to 1.
function share(address: string): number {
    const [, b = 0, c = 0, d = 0] = octetsOf(address) ?? [];
    return (((b % 16) * 65536 + c * 256 + d) * 0.6180339887) % 1;
}

const portOf = (contact: Contact): string => `${contact.protocol}/${contact.destination_port ?? 0}`;

interface Place {
    port: string;
    angle: number;
    count: number;
}

// The services that were looked for, the commonest first, around the disc.
function places(contacts: Contact[]): Map<string, Place> {
    const counts = new Map<string, number>();
    contacts.forEach((contact) => counts.set(portOf(contact), (counts.get(portOf(contact)) ?? 0) + 1));
    const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
    // The named ones evenly around; the others between them, wherever the golden section puts them.
    const turn = (i: number): number => (ranked.length <= PORTS ? i / ranked.length : i < PORTS ? i / PORTS : (i * 0.6180339887) % 1);
    return new Map(ranked.map(([port, count], i) => [port, { port, count, angle: -Math.PI / 2 + turn(i) * 2 * Math.PI }]));
}

const COLOURS: Record<string, string> = { scan: '--level-4', backscatter: '--level-2', misconfiguration: '--level-1' };

function arcsOf(contacts: Contact[], ring: Segment[], ports: Map<string, Place>): ArcShape[] {
    const byName = new Map(ring.map((segment) => [segment.organisation.name, segment]));
    const colours = new Map(Object.entries(COLOURS).map(([kind, variable]) => [kind, colourOf(variable)]));
    const quiet = colourOf('--n8');
    return contacts.flatMap((contact) => {
        const segment = byName.get(contact.organisation);
        if (!segment) {
            return [];
        }
        const at = share(contact.source_ip);
        const ended = contact.state === 'ended';
        return [{
            from: [segment.from + (segment.to - segment.from) * at, RING - 3],
            to: [(ports.get(portOf(contact))?.angle ?? 0) + (at - 0.5) * 0.08, DISC],
            colour: ended ? quiet : (colours.get(contact.kind) ?? quiet),
            strength: ended ? 0.16 : Math.max(0.2, Math.min(0.6, 60 / contacts.length)),
            head: 1,
            speed: ended ? 0 : contact.state === 'new' ? 0.7 : 0.35,
            phase: (contact.id * 0.6180339887) % 1,
        } satisfies ArcShape];
    });
}

const point = (angle: number, radius: number): string => `${(CENTER + radius * Math.cos(angle)).toFixed(1)} ${(CENTER + radius * Math.sin(angle)).toFixed(1)}`;

function SegmentMark({ segment, chosen, door }: { segment: Segment; chosen: boolean; door: string }): JSX.Element {
    const text = useText();
    const { organisation, from, to } = segment;
    const middle = (from + to) / 2;
    const right = Math.cos(middle) >= 0;
    const [x = '', y = ''] = point(middle, RING + 22).split(' ');
    const degrees = (middle * 180) / Math.PI + (right ? 0 : 180);
    return (
        <a class={`member${organisation.open > 0 ? ' loud' : ''}${chosen ? ' selected' : ''}`} href={door} aria-label={text('contacts.member', { name: organisation.name, n: organisation.open })}>
            <path d={`M${point(from, RING)}A${RING} ${RING} 0 ${to - from > Math.PI ? 1 : 0} 1 ${point(to, RING)}`} />
            <text transform={`translate(${x} ${y}) rotate(${degrees.toFixed(1)})`} text-anchor={right ? 'start' : 'end'} dy="0.35em">
                {organisation.name.length > 18 ? `${organisation.name.slice(0, 17)}…` : organisation.name}
                {organisation.open > 0 && <tspan class="open"> {organisation.open}</tspan>}
            </text>
        </a>
    );
}

function Disc({ ports }: { ports: Map<string, Place> }): JSX.Element {
    const text = useText();
    return (
        <g class="disc">
            <circle cx={CENTER} cy={CENTER} r={DISC} />
            {[...ports.values()].slice(0, PORTS).map(({ port, angle }) => (
                <text key={port} x={CENTER + (DISC - 10) * Math.cos(angle)} y={CENTER + (DISC - 10) * Math.sin(angle)} dy="0.35em" text-anchor={Math.cos(angle) > 0.3 ? 'end' : Math.cos(angle) < -0.3 ? 'start' : 'middle'}>
                    {port}
                </text>
            ))}
            <text class="name" x={CENTER} y={CENTER} dy="0.35em" text-anchor="middle">{text('contacts.darknet')}</text>
        </g>
    );
}

const organisationAddress = (name: string): string => `#/contacts?organisation=${encodeURIComponent(name)}`;

function Ring({ answer, chosen }: { answer: ContactsAnswer; chosen: string }): JSX.Element {
    const text = useText();
    const { theme } = useApp();
    const ring = useMemo(() => segments(answer.organisations), [answer.organisations]);
    const shown = useMemo(() => answer.contacts.filter((item) => !chosen || item.organisation === chosen), [answer.contacts, chosen]);
    const ports = useMemo(() => places(shown), [shown]);
    const arcs = useMemo(() => arcsOf(shown, ring, ports), [shown, ring, ports, theme]);
    return (
        <div class="circle ring">
            <Arcs arcs={arcs} width={SIZE} height={SIZE} polar />
            <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label={text('contacts.ring')}>
                <Disc ports={ports} />
                {ring.map((segment) => (
                    <SegmentMark
                        key={segment.organisation.name}
                        segment={segment}
                        chosen={segment.organisation.name === chosen}
                        door={segment.organisation.name === chosen ? '#/contacts' : organisationAddress(segment.organisation.name)}
                    />
                ))}
            </svg>
        </div>
    );
}

function ContactRow({ contact, opened }: { contact: Contact; opened: boolean }): JSX.Element {
    const text = useText();
    const { viewer } = useApp();
    const named = useNamed();
    const said = useExplained()(contact.explanation);
    const service = serviceOf(portOf(contact));
    return (
        <li class={`contact contact-${contact.state}`}>
            <p class="line">
                <span class={`mark kind-${contact.kind}`} aria-hidden="true" />
                {viewer ? <b>{contact.source_ip}</b> : <a class="host" href={sourceAddress(contact.source_ip)}>{contact.source_ip}</a>}
                {!viewer && <a href={organisationAddress(contact.organisation)}>{contact.organisation}</a>}
                <span class="gap" />
                <Time at={contact.last} />
            </p>
            <p class="small dim">
                {named('kind', contact.kind)} · {text(contact.state === 'new' ? 'contacts.state_new' : contact.state === 'ended' ? 'contacts.state_ended' : 'contacts.state_continuing')} · {portOf(contact)} {service} ·{' '}
                {text('contacts.amount', { packets: number(contact.packets), destinations: number(contact.destinations) })}
                {contact.internal && ` · ${text('contacts.internal')}`}
                {!contact.notified && contact.state !== 'ended' && ` · ${text('contacts.not_notified')}`}
            </p>
            {said.length > 0 && (
                <details open={opened}>
                    <summary>{text('contacts.why')}</summary>
                    <ul class="sentences">
                        {said.map((sentence) => (
                            <li key={sentence}>{inLocalTime(sentence)}</li>
                        ))}
                    </ul>
                </details>
            )}
        </li>
    );
}

function Legend(): JSX.Element {
    const text = useText();
    return (
        <ul class="legend kinds">
            <li class="kind-scan">{text('darknet.kind_scan')}</li>
            <li class="kind-backscatter">{text('darknet.kind_backscatter')}</li>
            <li class="kind-misconfiguration">{text('darknet.kind_misconfiguration')}</li>
            <li class="kind-ended">{text('contacts.state_ended')}</li>
        </ul>
    );
}

export function Contacts({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const chosen = query.get('organisation') ?? '';
    const wanted = Number(query.get('contact')) || 0;
    const { viewer } = useApp();
    const loaded = useObserved<ContactsAnswer>('/api/darknet/contacts');
    useKeys({ Escape: () => go(chosen || viewer ? '#/contacts' : '#/darknet') });
    const answer = loaded.value;
    if (!answer) {
        return <Waiting loaded={loaded} />;
    }
    if (answer.organisations.length === 0) {
        return <Notice title="contacts.empty" what="contacts.empty_do" />;
    }
    const mine = answer.contacts.filter((item) => !chosen || item.organisation === chosen);
    const open = mine.filter((item) => item.state !== 'ended');
    const listed = [...mine].sort((a, b) => Number(b.id === wanted) - Number(a.id === wanted)).slice(0, LISTED);
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('contacts.title')}</h1>
                <span class="dim">{viewer ? text('contacts.open_own', { n: number(open.length) }) : text('contacts.open', { n: number(open.length), hosts: number(new Set(open.map((item) => item.organisation)).size) })}</span>
                {chosen && <a class="chip" href="#/contacts">{chosen} ×</a>}
                <span class="gap" />
                <Legend />
            </div>
            <div class="hosts-page">
                <div>
                    <Ring answer={answer} chosen={chosen} />
                </div>
                <aside>
                    {mine.length === 0 ? (
                        <p class="dim hint">{text('contacts.none')}</p>
                    ) : (
                        <ul class="contacts" aria-label={text('contacts.title')}>
                            {listed.map((contact) => (
                                <ContactRow key={contact.id} contact={contact} opened={contact.id === wanted} />
                            ))}
                        </ul>
                    )}
                    {mine.length > LISTED && <p class="dim small">{text('contacts.cut', { shown: number(LISTED), total: number(answer.total) })}</p>}
                </aside>
            </div>
        </section>
    );
}
