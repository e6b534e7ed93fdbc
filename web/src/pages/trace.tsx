// A trace as a picture: time left to right, a lane per host, cause ◀ finding ▶ scope.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { caseAddress, go, hostAddress, huntAddress, traceAddress, useApp, useKeys, useLoaded, useText } from '../app';
import { baseName, clockOf, dateOf, dateTimeOf, number } from '../format';
import { folded } from '../fold';
import { DayAndTime, Notice, Waiting } from '../parts';
import { messages, type MessageKey } from '../text';
import type { ThingType, Trace, TraceEdge, TraceNode } from '../types';

const COLUMN = 184;
const ROW = 40;
const NODE_WIDTH = 152;
const NODE_HEIGHT = 28;
const HEAD = 28;
const LEFT = 112;

const xOf = (node: TraceNode): number => LEFT + 12 + node.x * COLUMN;
const yOf = (node: TraceNode): number => HEAD + 8 + node.y * ROW;

export function relationKey(relation: string): MessageKey {
    const key = `relation.${relation.replace(/ /g, '_')}`;
    return key in messages ? (key as MessageKey) : 'relation.other';
}

// One small sign a kind of thing, drawn in a 12 by 12 box.
const SIGNS: Record<ThingType, string> = {
    process: 'M2 2h8v8H2zM4.5 4.500h3v3h-3z',
    file: 'M3 1.500h4l2.5 2.500v6.500H3zM7 1.500V4h2.5',
    registry: 'M2 2h3.500v3.500H2zM6.5 2H10v3.500H6.500zM2 6.500h3.500V10H2zM8.250 6.5 10 8.250 8.250 10 6.5 8.250z',
    ip: 'M6 1.500a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M1.5 6h9M6 1.500c-3 3-3 6 0 9c3-3 3-6 0-9',
    domain: 'M6 1.500a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M1.5 6h9',
    hash: 'M4.5 1.5 3.5 10.500M8.5 1.5 7.5 10.500M2 4.500h8.500M1.5 7.500H10',
    user: 'M6 1.500a2.250 2.250 0 1 0 0 4.500a2.250 2.250 0 1 0 0-4.500M1.750 10.500c.5-3 8-3 8.5 0',
    host: 'M1.5 2h9v6h-9zM4 10.500h4M6 8v2.5',
    service: 'M6 3.750a2.250 2.250 0 1 0 0 4.500a2.250 2.250 0 1 0 0-4.500M6 1.250v2.500M6 8.250v2.500M1.250 6h2.500M8.250 6h2.5',
};

// From side to side: an edge against the time leaves on the left and arrives on the right.
function curve(from: TraceNode, to: TraceNode): string {
    const right = to.x > from.x;
    const x1 = xOf(from) + (right ? NODE_WIDTH : 0);
    const y1 = yOf(from) + NODE_HEIGHT / 2;
    const x2 = xOf(to) + (right ? -2 : NODE_WIDTH + 2);
    const y2 = yOf(to) + NODE_HEIGHT / 2;
    const bend = Math.max(16, Math.abs(x2 - x1) / 2.5) * (right ? 1 : -1);
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

interface DrawnEdge extends TraceEdge {
    both: boolean; // influence runs both ways, as in a connection
}

// One line for a pair of edges that run against each other.
function drawnEdges(edges: TraceEdge[], nodes: Map<number, TraceNode>): DrawnEdge[] {
    const drawn = new Map<string, DrawnEdge>();
    for (const edge of edges) {
        const forward = (nodes.get(edge.from)?.x ?? 0) <= (nodes.get(edge.to)?.x ?? 0);
        const key = forward ? `${edge.from} ${edge.to}` : `${edge.to} ${edge.from}`;
        const old = drawn.get(key);
        if (!old) {
            drawn.set(key, { ...edge, both: false });
        } else if (old.from === edge.to) {
            drawn.set(key, { ...(forward ? edge : old), both: true });
        }
    }
    return [...drawn.values()];
}

// What a node is called in its box: a program by its file name, a path by its end.
function shortName(node: TraceNode): string {
    const name = node.type === 'process' || node.type === 'file' ? baseName(node.name) : node.name;
    const shown = name || node.entity_id;
    return shown.length > 16 ? (node.type === 'registry' ? `…${shown.slice(-15)}` : `${shown.slice(0, 15)}…`) : shown;
}

interface GraphProps {
    trace: Trace;
    selected: number | null;
    onSelect: (id: number) => void;
    compact?: boolean;
}

function Lanes({ trace, width }: { trace: Trace; width: number }): JSX.Element {
    return (
        <g class="lanes">
            {trace.lanes.map((lane, i) => (
                <g key={lane.host}>
                    <rect class={i % 2 ? 'odd' : ''} x={0} y={HEAD + lane.top * ROW} width={width} height={lane.rows * ROW} />
                    <line x1={0} x2={width} y1={HEAD + lane.top * ROW} y2={HEAD + lane.top * ROW} />
                </g>
            ))}
        </g>
    );
}

// The lanes' names stay in sight while the picture scrolls.
function LaneNames({ trace }: { trace: Trace }): JSX.Element {
    const text = useText();
    return (
        <div class="lane-names" style={{ width: `${LEFT}px` }}>
            {trace.lanes.map((lane) => (
                <a
                    key={lane.host}
                    href={lane.host ? hostAddress(lane.host) : undefined}
                    style={{ top: `${HEAD + lane.top * ROW}px`, height: `${lane.rows * ROW}px` }}
                    title={lane.host}
                >
                    {lane.host || text('trace.no_host')}
                </a>
            ))}
        </div>
    );
}

// A time over each column where it differs from the one before.
function Times({ trace }: { trace: Trace }): JSX.Element {
    const columns = new Map<number, string>();
    for (const node of trace.nodes) {
        const known = columns.get(node.x);
        if (node.time && (!known || node.time < known)) {
            columns.set(node.x, node.time);
        }
    }
    let before = '';
    return (
        <g class="times">
            {[...columns.entries()].sort((a, b) => a[0] - b[0]).map(([x, time]) => {
                const shown = dateOf(time) === (before && dateOf(before)) ? clockOf(time) : dateTimeOf(time);
                const repeated = before !== '' && dateTimeOf(before) === dateTimeOf(time);
                before = time;
                return repeated ? null : (
                    <text key={x} x={LEFT + 12 + x * COLUMN} y={18}>
                        {shown}
                    </text>
                );
            })}
        </g>
    );
}

function Node({ node, selected, near, onSelect }: { node: TraceNode; selected: boolean; near: boolean; onSelect: () => void }): JSX.Element {
    const text = useText();
    const side = node.side === 0 ? 'start' : node.side < 0 ? 'cause' : 'scope';
    const label = text('trace.node', {
        type: text(`thing.${node.type}`),
        name: node.name || node.entity_id,
        host: node.host || text('trace.no_host'),
        time: node.time ? dateTimeOf(node.time) : '',
    });
    return (
        <g
            class={`node node-${side} thing-${node.type}${node.id < 0 ? ' folded' : ''}${selected ? ' selected' : ''}${near ? ' near' : ''}`}
            transform={`translate(${xOf(node)} ${yOf(node)})`}
            role="button"
            tabIndex={0}
            aria-label={label}
            aria-pressed={selected}
            data-entity={node.entity_id}
            onClick={onSelect}
            onKeyDown={(event) => {
                if (event.key === 'Enter' || event.key === ' ') {
                    event.preventDefault();
                    event.stopPropagation();
                    onSelect();
                }
            }}
        >
            <title>{label}</title>
            <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx={3} />
            <path transform="translate(8 8)" d={SIGNS[node.type]} />
            <text x={26} y={18}>
                {shortName(node)}
            </text>
        </g>
    );
}

// The whole trace in small, with what is in sight: where one is, and what else there is. The frame
// itself scrolls by keyboard, so this is for the pointer only.
function Overview({ trace, width, height, frame }: { trace: Trace; width: number; height: number; frame: { current: HTMLDivElement | null } }): JSX.Element | null {
    const [sight, setSight] = useState({ x: 0, y: 0, width: 0, height: 0 });
    useEffect(() => {
        const box = frame.current;
        const look = (): void => void (box && setSight({ x: box.scrollLeft, y: box.scrollTop, width: box.clientWidth, height: box.clientHeight }));
        look();
        box?.addEventListener('scroll', look, { passive: true });
        return () => box?.removeEventListener('scroll', look);
    }, [trace, width, height]);
    if (sight.width === 0 || (width <= sight.width && height <= sight.height)) {
        return null;
    }
    const move = (event: PointerEvent): void => {
        const strip = (event.currentTarget as Element).getBoundingClientRect();
        if (event.buttons === 1 && frame.current) {
            frame.current.scrollLeft = (width * (event.clientX - strip.left)) / strip.width - sight.width / 2;
            frame.current.scrollTop = (height * (event.clientY - strip.top)) / strip.height - sight.height / 2;
        }
    };
    return (
        <svg class="overview" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" onPointerDown={move} onPointerMove={move}>
            {trace.nodes.map((node) => (
                <rect key={node.id} class={node.side === 0 ? 'start' : node.side < 0 ? 'cause' : 'scope'} x={xOf(node)} y={yOf(node)} width={NODE_WIDTH} height={NODE_HEIGHT} />
            ))}
            <rect class="sight" x={sight.x} y={sight.y} width={Math.min(sight.width, width)} height={Math.min(sight.height, height)} />
        </svg>
    );
}

export function TraceGraph({ trace: whole, selected, onSelect: choose, compact = false }: GraphProps): JSX.Element {
    const text = useText();
    const { language } = useApp();
    const [opened, setOpened] = useState<Set<string>>(new Set());
    const { trace, folds } = useMemo(
        () => folded(whole, opened, ({ members }) => text('trace.folded', { n: members.length, type: text(`thing.${members[0]!.type}`) })),
        [whole, opened, language],
    );
    const onSelect = (id: number): void => {
        const fold = folds.get(id);
        if (fold) {
            setOpened(new Set([...opened, fold.key]));
        } else {
            choose(id);
        }
    };
    const frame = useRef<HTMLDivElement>(null);
    const [fit, setFit] = useState(false);
    const nodes = useMemo(() => new Map(trace.nodes.map((node) => [node.id, node])), [trace]);
    const columns = Math.max(0, ...trace.nodes.map((node) => node.x)) + 1;
    const rows = trace.lanes.reduce((sum, lane) => sum + lane.rows, 0);
    const width = LEFT + 24 + columns * COLUMN;
    const height = HEAD + rows * ROW + 4;
    const start = trace.nodes
        .filter((node) => node.side === 0)
        .reduce<TraceNode | null>((best, node) => (best && best.weight >= node.weight ? best : node), null);

    // The finding in the middle: its cause is to the left, its scope to the right.
    useEffect(() => {
        if (frame.current && start) {
            frame.current.scrollLeft = xOf(start) - frame.current.clientWidth / 2 + NODE_WIDTH / 2;
            frame.current.scrollTop = yOf(start) - frame.current.clientHeight / 2;
        }
    }, [whole, fit]);
    const drawn = useMemo(() => drawnEdges(trace.edges, nodes), [trace]);
    const near = (edge: TraceEdge): boolean => edge.from === selected || edge.to === selected;
    const neighbours = new Set(trace.edges.filter(near).flatMap((edge) => [edge.from, edge.to]));
    return (
        <div class={`graph${compact ? ' compact' : ''}${selected !== null ? ' focused' : ''}`}>
            <div class="graph-frame" ref={frame} tabIndex={0} role="group" aria-label={text('trace.graph')}>
                <div class="graph-sheet" style={fit ? undefined : { width: `${width}px`, height: `${height}px` }}>
                    {!fit && <LaneNames trace={trace} />}
                    <svg
                        viewBox={`0 0 ${width} ${height}`}
                        {...(fit ? { style: { width: '100%', height: 'auto' } } : { width, height })}
                    >
                        <defs>
                            <marker id="arrow" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto-start-reverse">
                                <path d="M0 0.5 5.5 3 0 5.500z" class="arrow" />
                            </marker>
                        </defs>
                        <Lanes trace={trace} width={width} />
                        <Times trace={trace} />
                        <g class="edges">
                            {drawn.map((edge, i) => {
                                const from = nodes.get(edge.from);
                                const to = nodes.get(edge.to);
                                return from && to ? (
                                    <path
                                        key={i}
                                        class={`${edge.inferred ? 'inferred' : ''}${near(edge) ? ' near' : ''}`}
                                        d={curve(from, to)}
                                        marker-end="url(#arrow)"
                                        marker-start={edge.both ? 'url(#arrow)' : undefined}
                                    >
                                        <title>{`${shortName(from)} ${text(relationKey(edge.relation))} ${shortName(to)}`}</title>
                                    </path>
                                ) : null;
                            })}
                        </g>
                        <g class="edge-words">
                            {drawn.filter(near).map((edge, i) => {
                                const from = nodes.get(edge.from);
                                const to = nodes.get(edge.to);
                                return from && to ? (
                                    <text
                                        key={i}
                                        x={(xOf(from) + NODE_WIDTH + xOf(to)) / 2}
                                        y={(yOf(from) + yOf(to)) / 2 + NODE_HEIGHT / 2 - 4}
                                    >
                                        {text(relationKey(edge.relation))}
                                    </text>
                                ) : null;
                            })}
                        </g>
                        {trace.nodes.map((node) => (
                            <Node
                                key={node.id}
                                node={node}
                                selected={node.id === selected}
                                near={neighbours.has(node.id)}
                                onSelect={() => onSelect(node.id)}
                            />
                        ))}
                    </svg>
                </div>
            </div>
            {!fit && <Overview trace={trace} width={width} height={height} frame={frame} />}
            <div class="graph-foot">
                <Legend />
                <span class="gap" />
                <button type="button" class="quiet" aria-pressed={fit} onClick={() => setFit(!fit)}>
                    {text(fit ? 'trace.zoom_full' : 'trace.zoom_fit')}
                </button>
            </div>
        </div>
    );
}

function Legend(): JSX.Element {
    const text = useText();
    return (
        <ul class="legend">
            <li class="cause">{text('trace.legend_cause')}</li>
            <li class="start">{text('trace.legend_start')}</li>
            <li class="scope">{text('trace.legend_scope')}</li>
            <li class="inferred">{text('trace.legend_inferred')}</li>
        </ul>
    );
}

const COLUMN_OF: Partial<Record<ThingType, string>> = {
    process: 'process_entity_id', file: 'file_path', registry: 'registry_path', ip: 'destination_ip',
    domain: 'dns_question_name', hash: 'hash', user: 'user_name', host: 'host_name', service: 'service_name',
};

function eventsOf(node: TraceNode): string {
    const value = node.entity_id.replace(/'/g, "''");
    return `SELECT time_text(time) AS time, host_name, event_category, event_action, process_executable, file_path, destination_ip FROM events WHERE ${COLUMN_OF[node.type]} = '${value}' ORDER BY time LIMIT 500`;
}

export function NodeCard({ node }: { node: TraceNode }): JSX.Element {
    const text = useText();
    return (
        <div class="node-card">
            <p>
                <strong>{node.name || node.entity_id}</strong>
            </p>
            <p class="line dim small">
                <span>{text(`thing.${node.type}`)}</span>
                {node.host && <a href={hostAddress(node.host)}>{node.host}</a>}
                {node.time && <DayAndTime at={node.time} />}
                <code>{node.entity_id}</code>
            </p>
            <p class="line small">
                <a class="door" href={traceAddress(node.entity_id)}>{text('trace.from_here')}</a>
                <a class="door" href={huntAddress(eventsOf(node))}>{text('trace.in_events')}</a>
            </p>
        </div>
    );
}

// The same trace in words: what a screen reader reads, and what goes into a report.
function Steps({ trace, onSelect }: { trace: Trace; onSelect: (id: number) => void }): JSX.Element {
    const text = useText();
    const nodes = new Map(trace.nodes.map((node) => [node.id, node]));
    return (
        <details class="steps">
            <summary>{text('trace.steps', { n: number(trace.edges.length) })}</summary>
            <ol>
                {trace.edges.map((edge, i) => {
                    const from = nodes.get(edge.from);
                    const to = nodes.get(edge.to);
                    return from && to ? (
                        <li key={i}>
                            {edge.time && <DayAndTime at={edge.time} before={trace.edges[i - 1]?.time ?? undefined} />}{' '}
                            <button type="button" class="link" onClick={() => onSelect(from.id)}>{shortName(from)}</button>{' '}
                            <span class="dim">{text(relationKey(edge.relation))}</span>{' '}
                            <button type="button" class="link" onClick={() => onSelect(to.id)}>{shortName(to)}</button>
                        </li>
                    ) : null;
                })}
            </ol>
        </details>
    );
}

const BUDGETS = ['15', '30', '60', '150'];
const DIRECTIONS = ['back', 'both', 'forward'] as const;

// A bare number is a case; all else is what the server makes of it.
export const traceable = (from: string): string => (/^\d{1,6}$/.test(from) ? `case:${from}` : from);

function Controls({ from, direction, budget }: { from: string; direction: string; budget: string }): JSX.Element {
    const text = useText();
    const to = (values: Record<string, string>): string =>
        `#/trace?${new URLSearchParams({ from, direction, budget, ...values }).toString()}`;
    return (
        <div class="line">
            <div class="choices" role="group" aria-label={text('trace.direction')}>
                {DIRECTIONS.map((name) => (
                    <a key={name} href={to({ direction: name })} aria-current={direction === name ? 'true' : undefined}>
                        {text(`trace.${name}`)}
                    </a>
                ))}
            </div>
            <div class="choices" role="group" aria-label={text('trace.budget')}>
                {BUDGETS.map((n) => (
                    <a key={n} href={to({ budget: n })} aria-current={budget === n ? 'true' : undefined}>
                        {n}
                    </a>
                ))}
            </div>
            <span class="dim">{text('trace.budget')}</span>
        </div>
    );
}

export function TracePage({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const from = query.get('from') ?? '';
    const direction = query.get('direction') ?? 'both';
    const budget = query.get('budget') ?? '30';
    const path = `/api/trace?${new URLSearchParams({ from: traceable(from), direction, budget }).toString()}`;
    const loaded = useLoaded<Trace>(from ? path : null);
    const [selected, setSelected] = useState<number | null>(null);
    const trace = loaded.value;
    const node = trace?.nodes.find((item) => item.id === selected);
    const caseNumber = /^(?:case:)?(\d{1,6})$/.exec(from)?.[1];

    useEffect(() => setSelected(null), [path]);
    useKeys({ Escape: () => (selected !== null ? setSelected(null) : go(caseNumber ? caseAddress(Number(caseNumber)) : '#/cases')) });
    if (!from) {
        return <Notice title="trace.empty" what="trace.empty_do" />;
    }
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('trace.title')}</h1>
                {caseNumber ? (
                    <a href={caseAddress(Number(caseNumber))}>{text('trace.of_case', { n: caseNumber })}</a>
                ) : (
                    <code class="from">{from}</code>
                )}
                <span class="gap" />
                <Controls from={from} direction={direction} budget={budget} />
            </div>
            {loaded.error?.status === 404 ? (
                <Notice title="trace.nothing" what="trace.nothing_do" />
            ) : !trace ? (
                <Waiting loaded={loaded} />
            ) : (
                <>
                    <TraceGraph trace={trace} selected={selected} onSelect={(id) => setSelected(id === selected ? null : id)} />
                    {node && <NodeCard node={node} />}
                    <Bound trace={trace} />
                    <Steps trace={trace} onSelect={setSelected} />
                </>
            )}
        </section>
    );
}

export function Bound({ trace }: { trace: Trace }): JSX.Element {
    const text = useText();
    return (
        <p class={trace.truncated ? 'cut' : 'dim'}>
            {text(trace.truncated ? 'trace.cut' : 'trace.whole', {
                n: number(trace.nodes.length),
                considered: number(trace.visited),
            })}
        </p>
    );
}
