// What changed lately, and what is expected: a name's past, its forecast and how sure that is.
import type { JSX } from 'preact';
import { useObserved, useText } from '../app';
import { dateTimeOf, number } from '../format';
import { Time } from '../parts';
import { TimeAxis } from '../picture';
import type { TrendAnswer, TrendPoint } from '../types_darknet';

const WIDTH = 512;
const HEIGHT = 96;

const isChange = (kind: string): boolean => kind.includes('change');

function Picture({ points, label }: { points: TrendPoint[]; label: string }): JSX.Element {
    const drawn = points.filter((point) => !isChange(point.kind) && point.value !== null);
    const times = [...new Set(drawn.map((point) => point.time))].sort();
    // An interval may reach far beyond anything seen: then it leaves the picture, not the line.
    const most = Math.max(1e-9, ...drawn.map((point) => point.value ?? 0));
    const top = Math.min(2.5 * most, Math.max(most, ...drawn.map((point) => point.high ?? 0)));
    const first = Date.parse(times[0] ?? '');
    const span = Math.max(1, Date.parse(times[times.length - 1] ?? '') - first);
    const x = (time: string): string => ((WIDTH * (Date.parse(time) - first)) / span).toFixed(1);
    const y = (value: number): string => (HEIGHT - (HEIGHT * Math.min(top, Math.max(0, value))) / top).toFixed(1);
    const line = (list: TrendPoint[]): string => list.map((point, i) => `${i ? 'L' : 'M'}${x(point.time)} ${y(point.value ?? 0)}`).join('');
    const known = drawn.filter((point) => point.low === null);
    const expected = drawn.filter((point) => point.low !== null);
    const upper = expected.map((point, i) => `${i ? 'L' : 'M'}${x(point.time)} ${y(point.high ?? 0)}`).join('');
    const lower = [...expected].reverse().map((point) => `L${x(point.time)} ${y(point.low ?? 0)}`).join('');
    return (
        <figure class="trend">
            <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" height={HEIGHT} role="img" aria-label={label}>
                {expected.length > 0 && <path class="interval" d={`${upper}${lower}Z`} />}
                <path class="known" d={line(known)} />
                <path class="expected" d={line(expected)} />
                {points.filter((point) => isChange(point.kind)).map((point) => (
                    <line key={point.time} class="change" x1={x(point.time)} x2={x(point.time)} y1="0" y2={HEIGHT}>
                        <title>{dateTimeOf(point.time)}</title>
                    </line>
                ))}
            </svg>
            <TimeAxis times={times} />
        </figure>
    );
}

export function Trend({ name }: { name: string | null }): JSX.Element | null {
    const text = useText();
    const names = useObserved<TrendAnswer>('/api/darknet/trend').value?.names ?? [];
    const changes = names.filter((item) => isChange(item.kind)).sort((a, b) => b.last.localeCompare(a.last));
    const shown = name ?? changes[0]?.name ?? names[0]?.name ?? null;
    const points = useObserved<TrendAnswer>(shown ? `/api/darknet/trend?name=${encodeURIComponent(shown)}` : null).value?.points ?? [];
    if (!shown) {
        return null;
    }
    const others = [...new Set([...changes, ...names].map((item) => item.name))].slice(0, 12);
    const change = changes.find((item) => item.name === shown);
    return (
        <section class="part">
            <h2>{text('darknet.trend', { name: shown })}</h2>
            {points.length > 0 && <Picture points={points} label={text('darknet.trend', { name: shown })} />}
            <p class="small dim">
                {change ? text('darknet.trend_changed') : text('darknet.trend_same')} {change && <Time at={change.last} />}
            </p>
            <p class="line small">
                {others.filter((other) => other !== shown).map((other) => (
                    <a key={other} class="door" href={`#/darknet?trend=${encodeURIComponent(other)}`}>{other}</a>
                ))}
                {names.length > others.length && <span class="dim">{number(names.length)}</span>}
            </p>
        </section>
    );
}
