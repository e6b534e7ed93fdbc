// A trace made smaller for the eye: what hangs alike on one thing is one box that opens.
//
// Things with a single neighbour, of one kind, on one host and on one side of it (the twelve
// programs services.exe started) say little apart. Three or more become one; then the columns and
// rows nobody stands in any more are closed. Findings are never put away.
import type { Trace, TraceEdge, TraceNode } from './types';

const LEAST = 3; // so many alike are put together

export interface Fold {
    id: number; // of the box, below zero
    key: string;
    members: TraceNode[];
}

export interface FoldedTrace {
    trace: Trace;
    folds: Map<number, Fold>;
}

function neighbours(edges: TraceEdge[]): Map<number, Set<number>> {
    const found = new Map<number, Set<number>>();
    const join = (a: number, b: number): void => void (found.get(a) ?? found.set(a, new Set()).get(a)!).add(b);
    edges.forEach((edge) => {
        join(edge.from, edge.to);
        join(edge.to, edge.from);
    });
    return found;
}

function foldsOf(trace: Trace, opened: Set<string>): Fold[] {
    const near = neighbours(trace.edges);
    const alike = new Map<string, TraceNode[]>();
    for (const node of trace.nodes) {
        const only = near.get(node.id);
        if (node.side !== 0 && only?.size === 1) {
            const key = [[...only][0], node.host, node.type, node.side].join('|');
            alike.set(key, [...(alike.get(key) ?? []), node]);
        }
    }
    return [...alike]
        .filter(([key, members]) => members.length >= LEAST && !opened.has(key))
        .map(([key, members], i) => ({ id: -1 - i, key, members }));
}

// Columns and rows keep their order and close up.
function closed(nodes: TraceNode[], trace: Trace): Pick<Trace, 'nodes' | 'lanes'> {
    const columns = [...new Set(nodes.map((node) => node.x))].sort((a, b) => a - b);
    const place = new Map(columns.map((x, i) => [x, i]));
    let top = 0;
    const moved: TraceNode[] = [];
    const lanes = trace.lanes.flatMap((lane) => {
        const inside = nodes.filter((node) => node.y >= lane.top && node.y < lane.top + lane.rows).sort((a, b) => a.y - b.y);
        const used = new Map<number, number>();
        for (const node of inside) {
            const row = used.get(node.x) ?? 0;
            used.set(node.x, row + 1);
            moved.push({ ...node, x: place.get(node.x) ?? 0, y: top + row });
        }
        const made = { host: lane.host, top, rows: Math.max(0, ...used.values()) };
        top += made.rows;
        return made.rows > 0 ? [made] : [];
    });
    return { nodes: moved, lanes };
}

export function folded(trace: Trace, opened: Set<string>, nameOf: (fold: Fold) => string): FoldedTrace {
    const folds = foldsOf(trace, opened);
    const boxOf = new Map(folds.flatMap((fold) => fold.members.map((member) => [member.id, fold.id])));
    const boxes = folds.map((fold): TraceNode => {
        const first = fold.members.reduce((a, b) => (b.x < a.x ? b : a));
        return { ...first, id: fold.id, entity_id: '', name: nameOf(fold) };
    });
    const edges = new Map<string, TraceEdge>();
    for (const edge of trace.edges) {
        const moved = { ...edge, from: boxOf.get(edge.from) ?? edge.from, to: boxOf.get(edge.to) ?? edge.to };
        const key = `${moved.from} ${moved.to}`;
        edges.set(key, edges.get(key) ?? moved);
    }
    const nodes = [...trace.nodes.filter((node) => !boxOf.has(node.id)), ...boxes];
    return {
        trace: { ...trace, ...closed(nodes, trace), edges: [...edges.values()] },
        folds: new Map(folds.map((fold) => [fold.id, fold])),
    };
}
