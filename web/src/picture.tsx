// The small pictures all pages of the observatory share: lines over time, the Hilbert curve.
import type { JSX } from 'preact';
import { dateTimeOf, number } from './format';

// Where number `at` lies on the Hilbert curve of a square with 2^order cells a side. Neighbours on
// the curve are neighbours in the square, so a prefix is a block.
export function hilbert(order: number, at: number): [x: number, y: number] {
    let x = 0;
    let y = 0;
    for (let size = 1; size < 1 << order; size *= 2) {
        const right = 1 & Math.floor(at / 2);
        const up = 1 & (at ^ right);
        if (up === 0) {
            if (right === 1) {
                x = size - 1 - x;
                y = size - 1 - y;
            }
            [x, y] = [y, x];
        }
        x += size * right;
        y += size * up;
        at = Math.floor(at / 4);
    }
    return [x, y];
}

// The octets of a dotted address or prefix; null for anything else.
export function octetsOf(text: string): number[] | null {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/\d+)?$/.exec(text);
    return match ? match.slice(1, 5).map(Number) : null;
}

// "18 k", "1.2 M": for axes, where room is small.
export function shortNumber(value: number): string {
    const units: [number, string][] = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
    for (const [size, unit] of units) {
        if (value >= size) {
            return `${(value / size).toPrecision(value / size >= 100 ? 3 : 2).replace(/\.0$/, '')} ${unit}`;
        }
    }
    return String(Math.round(value * 100) / 100);
}

export const percent = (part: number, whole: number): string =>
    whole > 0 ? `${((100 * part) / whole).toFixed(part / whole < 0.0995 ? 1 : 0)} %` : '–';

function outline(values: number[], width: number, height: number, top: number): string {
    const step = width / Math.max(1, values.length - 1);
    return values.map((value, i) => `${i ? 'L' : 'M'}${(i * step).toFixed(1)} ${(height - (height * value) / top).toFixed(1)}`).join('');
}

export function Spark({ values, label }: { values: number[]; label: string }): JSX.Element {
    const top = Math.max(1, ...values);
    return (
        <svg class="spark" viewBox="0 0 120 20" preserveAspectRatio="none" role="img" aria-label={label}>
            <path class="under" d={`${outline(values, 120, 19, top)}L120 20L0 20Z`} />
            <path class="over" d={outline(values, 120, 19, top)} />
        </svg>
    );
}

export interface Band {
    name: string;
    values: number[];
}

interface OverTimeProps {
    times: string[];
    bands: Band[]; // stacked, the first at the bottom
    label: string;
    unit: (value: number) => string;
    door?: (at: number) => string;
    marked?: (at: number) => boolean;
    height?: number;
}

const WIDTH = 1200;

// About five times that are round for people, as places in `times`.
export function ticks(times: string[]): { at: number; text: string }[] {
    const every = Math.max(1, Math.ceil(times.length / 6));
    return times.flatMap((time, at) => (at % every === 0 ? [{ at, text: dateTimeOf(time).slice(5, 16) }] : []));
}

export function TimeAxis({ times }: { times: string[] }): JSX.Element {
    return (
        <div class="time-axis" aria-hidden="true">
            {ticks(times).map(({ at, text }) => (
                <span key={at} style={{ left: `${(100 * at) / Math.max(1, times.length)}%` }}>
                    {text}
                </span>
            ))}
        </div>
    );
}

// Stacked columns over time; each window is a door to what was in it.
export function OverTime({ times, bands, label, unit, door, marked, height = 120 }: OverTimeProps): JSX.Element {
    const sums = times.map((_, i) => bands.reduce((sum, band) => sum + (band.values[i] ?? 0), 0));
    const top = Math.max(1e-9, ...sums);
    const step = WIDTH / Math.max(1, times.length);
    const floor = times.map(() => 0);
    const shapes = bands.map((band) => {
        const d = times.map((_, i) => {
            const from = floor[i] ?? 0;
            const to = (floor[i] = from + (band.values[i] ?? 0));
            const y = (value: number): string => (height - (height * value) / top).toFixed(1);
            return `M${(i * step).toFixed(1)} ${y(from)}V${y(to)}H${((i + 1) * step - Math.min(1, step / 4)).toFixed(1)}V${y(from)}Z`;
        });
        return <path key={band.name} class={`band band-${band.name}`} d={d.join('')} />;
    });
    return (
        <figure class="over-time">
            <span class="top small dim">{unit(top)}</span>
            <svg viewBox={`0 0 ${WIDTH} ${height}`} preserveAspectRatio="none" height={height} role="group" aria-label={label}>
                <line class="grid" x1="0" x2={WIDTH} y1={height / 2} y2={height / 2} />
                {shapes}
                {times.map((time, i) => {
                    const said = `${dateTimeOf(time)} · ${unit(sums[i] ?? 0)}`;
                    const area = <rect class={marked?.(i) ? 'marked' : 'catch'} x={i * step} width={step} height={height} />;
                    return door ? (
                        <a key={time} href={door(i)} aria-label={said} tabIndex={marked ? (marked(i) ? 0 : -1) : -1}>
                            {area}
                            <title>{said}</title>
                        </a>
                    ) : (
                        <g key={time}>
                            {area}
                            <title>{said}</title>
                        </g>
                    );
                })}
            </svg>
            <TimeAxis times={times} />
        </figure>
    );
}

export const packetsUnit = (value: number): string => number(Math.round(value));
