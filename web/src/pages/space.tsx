// Where it comes from: every IPv4 address on the Hilbert curve, a /16 a cell; inside a /8, larger.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { go, sourcesAddress, useApp, useText } from '../app';
import { colourOf } from '../arcs_view';
import { number } from '../format';
import { hilbert, octetsOf } from '../picture';
import type { Cell, SpaceAnswer } from '../types_darknet';

interface Painted {
    cell: Cell;
    x: number;
    y: number;
}

const SIDE = 512;

// The whole: 256 × 256 cells of a /16. Inside a /8: 16 × 16 of them.
function placed(cells: Cell[], inside: number | null): { painted: Painted[]; side: number } {
    const painted = cells.flatMap((cell) => {
        const octets = octetsOf(cell.name);
        if (!octets || (inside !== null && octets[0] !== inside)) {
            return [];
        }
        const [a = 0, b = 0] = octets;
        const [x, y] = inside === null ? hilbert(8, a * 256 + b) : hilbert(4, b);
        return [{ cell, x, y }];
    });
    return { painted, side: inside === null ? 256 : 16 };
}

// Packets span many powers of ten: their logarithm is what the eye can compare.
function paint(canvas: HTMLCanvasElement, painted: Painted[], side: number): void {
    const context = canvas.getContext('2d')!;
    const size = canvas.width / side;
    const [r, g, b] = colourOf('--accent');
    const top = Math.log1p(Math.max(1, ...painted.map(({ cell }) => cell.packets)));
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const { cell, x, y } of painted) {
        const share = Math.log1p(cell.packets) / top;
        context.fillStyle = `rgba(${r * 255}, ${g * 255}, ${b * 255}, ${0.15 + 0.85 * share * share})`;
        const grown = side === 256 ? 0.5 : -1;
        context.fillRect(x * size - grown, y * size - grown, size + 2 * grown, size + 2 * grown);
    }
}

// The lines between the /8 (or, inside one, between its /12).
function Grid(): JSX.Element {
    const lines = Array.from({ length: 15 }, (_, i) => (i + 1) * (SIDE / 16));
    return (
        <g class="grid">
            {lines.map((at) => (
                <path key={at} d={`M${at} 0V${SIDE}M0 ${at}H${SIDE}`} />
            ))}
        </g>
    );
}

interface Door {
    name: string;
    to: string;
    x: number;
    y: number;
    packets: number;
    sources: number;
}

// Sixteen by sixteen doors: into a /8, or, inside one, to the sources of a /16.
function doorsOf(painted: Painted[], inside: number | null, length: number): Door[] {
    const doors = new Map<number, Door>();
    for (const { cell } of painted) {
        const [a = 0, b = 0] = octetsOf(cell.name) ?? [];
        const key = inside === null ? a : b;
        const [x, y] = hilbert(4, key);
        const name = inside === null ? `${a}.0.0.0/8` : cell.name;
        const to = inside === null ? `#/darknet?${length ? `length=${length}&` : ''}in=${a}` : sourcesAddress({ prefix: name });
        const door = doors.get(key) ?? { name, to, x, y, packets: 0, sources: 0 };
        door.packets += cell.packets;
        door.sources += cell.sources;
        doors.set(key, door);
    }
    return [...doors.values()].sort((p, q) => q.packets - p.packets);
}

export function SpaceMap({ answer, inside, length }: { answer: SpaceAnswer; inside: string | null; length: number }): JSX.Element {
    const text = useText();
    const { theme } = useApp();
    const canvas = useRef<HTMLCanvasElement>(null);
    const [pointed, setPointed] = useState<Door | null>(null);
    const block = inside !== null && /^\d{1,3}$/.test(inside) ? Number(inside) : null;
    const { painted, side } = useMemo(() => placed(answer.cells, block), [answer.cells, block]);
    const doors = useMemo(() => doorsOf(painted, block, length), [painted, block, length]);
    const later = answer.cells.filter((cell) => cell.name.includes(':')).length;
    useEffect(() => paint(canvas.current!, painted, side), [painted, side, theme]);
    useEffect(() => setPointed(null), [block]);
    const shown = pointed ?? doors[0];
    return (
        <section class="part space" onKeyDown={(event) => event.key === 'Escape' && block !== null && go('#/darknet')}>
            <h2 class="line">
                {text('darknet.space')}
                {block !== null && (
                    <a class="door" href={`#/darknet${length ? `?length=${length}` : ''}`}>
                        {text('darknet.space_all')}
                    </a>
                )}
            </h2>
            <div class="square">
                <canvas ref={canvas} width={SIDE * 2} height={SIDE * 2} aria-hidden="true" />
                <svg viewBox={`0 0 ${SIDE} ${SIDE}`} role="group" aria-label={text('darknet.space')}>
                    <Grid />
                    {doors.map((door) => (
                        <a key={door.name} href={door.to} aria-label={door.name} onMouseEnter={() => setPointed(door)} onFocus={() => setPointed(door)}>
                            <rect class="catch" x={(door.x * SIDE) / 16} y={(door.y * SIDE) / 16} width={SIDE / 16} height={SIDE / 16} />
                        </a>
                    ))}
                </svg>
            </div>
            {shown && (
                <p class="small">
                    <a class="door" href={shown.to}>{shown.name}</a>{' '}
                    <span class="dim">{text('darknet.cell', { packets: number(shown.packets), sources: number(shown.sources) })}</span>
                </p>
            )}
            <p class="small dim">
                {text(block === null ? 'darknet.space_how' : 'darknet.space_inside')}
                {later > 0 && ` ${text('darknet.space_six', { n: number(later) })}`}
            </p>
        </section>
    );
}
