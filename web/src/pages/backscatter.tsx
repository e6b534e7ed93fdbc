// Who is attacked elsewhere: what victims answer to packets forged in the darknet's name.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { go, sourceAddress, useApp, useKeys, useObserved, useText } from '../app';
import { colourOf } from '../arcs_view';
import { dateTimeOf, number } from '../format';
import { Notice, Waiting } from '../parts';
import { shortNumber, TimeAxis } from '../picture';
import { serviceOf } from '../services';
import type { BackscatterAnswer, DriftAnswer, Episode } from '../types_darknet';

const SHOWN = 30;
const ROW = 22;
const WIDTH = 1000;

interface Victim {
    address: string;
    episodes: Episode[];
    packets: number;
}

function victims(episodes: Episode[]): Victim[] {
    const found = new Map<string, Victim>();
    for (const episode of episodes) {
        const victim = found.get(episode.victim_ip) ?? { address: episode.victim_ip, episodes: [], packets: 0 };
        victim.episodes.push(episode);
        victim.packets += episode.packets;
        found.set(episode.victim_ip, victim);
    }
    return [...found.values()].sort((a, b) => b.packets - a.packets);
}

function useEpisodeWords(): (episode: Episode) => string {
    const text = useText();
    return (episode) =>
        text('backscatter.episode', {
            service: [`${episode.protocol}${episode.service ? `/${episode.service}` : ''}`, serviceOf(`${episode.protocol}/${episode.service}`)].join(' ').trim(),
            packets: number(episode.packets),
            rate: episode.estimated_rate === null ? '–' : shortNumber(episode.estimated_rate),
        });
}

// A row a victim, a bar an attack: as long as it lasted, the louder the stronger.
function Timeline({ list, since, until }: { list: Victim[]; since: string; until: string }): JSX.Element {
    const text = useText();
    const words = useEpisodeWords();
    const first = Date.parse(since);
    const span = Math.max(1, Date.parse(until) - first);
    const x = (time: string): number => (WIDTH * (Date.parse(time) - first)) / span;
    const height = list.length * ROW;
    const times = Array.from({ length: 13 }, (_, i) => new Date(first + (span * i) / 12).toISOString());
    return (
        <div class="episodes">
            <ol class="victims">
                {list.map((victim) => (
                    <li key={victim.address}>
                        <a href={sourceAddress(victim.address)}>{victim.address}</a>
                        <span class="dim number">{shortNumber(victim.packets)}</span>
                    </li>
                ))}
            </ol>
            <div>
                <svg viewBox={`0 0 ${WIDTH} ${height}`} preserveAspectRatio="none" height={height} role="group" aria-label={text('backscatter.timeline')}>
                    {list.map((victim, i) => (
                        <line key={victim.address} class="grid" x1="0" x2={WIDTH} y1={i * ROW + ROW / 2} y2={i * ROW + ROW / 2} />
                    ))}
                    {list.flatMap((victim, i) =>
                        victim.episodes.map((episode) => {
                            const from = x(episode.start);
                            const rate = episode.estimated_rate ?? episode.peak_rate ?? 0;
                            const strength = Math.max(0.25, Math.min(1, Math.log10(rate + 1) / 6));
                            return (
                                <a key={`${episode.victim_ip}${episode.protocol}${episode.start}${episode.rule}`} href={sourceAddress(episode.victim_ip)} tabIndex={-1} aria-label={`${episode.victim_ip} ${words(episode)}`}>
                                    <rect class={`attack attack-${episode.protocol}`} x={from} y={i * ROW + 5} width={Math.max(3, x(episode.end) - from)} height={ROW - 10} fill-opacity={strength} />
                                    <title>{`${dateTimeOf(episode.start)} – ${dateTimeOf(episode.end)} · ${words(episode)}`}</title>
                                </a>
                            );
                        }),
                    )}
                </svg>
                <TimeAxis times={times} />
                <ul class="legend attacked">
                    {(['tcp', 'udp', 'icmp'] as const).map((protocol) => (
                        <li key={protocol} class={protocol}>{protocol.toUpperCase()}</li>
                    ))}
                </ul>
            </div>
        </div>
    );
}

// Hours, minutes, seconds: "1:05:48".
function lasted(episode: Episode): string {
    const seconds = Math.max(0, Math.round((Date.parse(episode.end) - Date.parse(episode.start)) / 1000));
    const two = (value: number): string => String(value).padStart(2, '0');
    return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function Strongest({ episodes }: { episodes: Episode[] }): JSX.Element {
    const text = useText();
    return (
        <div class="table-frame">
            <table>
                <thead>
                    <tr>
                        <th>{text('backscatter.victim')}</th>
                        <th>{text('backscatter.service')}</th>
                        <th>{text('backscatter.start')}</th>
                        <th class="number">{text('backscatter.lasted')}</th>
                        <th class="number">{text('darknet.packets')}</th>
                        <th class="number">{text('backscatter.rate')}</th>
                    </tr>
                </thead>
                <tbody>
                    {episodes.map((episode) => (
                        <tr key={`${episode.victim_ip}${episode.protocol}${episode.start}${episode.rule}`}>
                            <th scope="row"><a href={sourceAddress(episode.victim_ip)}>{episode.victim_ip}</a></th>
                            <td class="together-words">{episode.protocol} {episode.service} <span class="dim">{serviceOf(`${episode.protocol}/${episode.service}`)}</span></td>
                            <td class="time"><time dateTime={episode.start} title={episode.start}>{dateTimeOf(episode.start).slice(5, 16)}</time></td>
                            <td class="number">{lasted(episode)}</td>
                            <td class="number">{number(episode.packets)}</td>
                            <td class="number">{episode.estimated_rate === null ? '–' : text('backscatter.per_second', { n: shortNumber(episode.estimated_rate) })}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

const DRIFT = 560;

// Old months grey beneath, the chosen one in colour above: what moved is what drifted.
function paintDrift(canvas: HTMLCanvasElement, answer: DriftAnswer, month: string): void {
    const context = canvas.getContext('2d')!;
    const all = answer.months.flatMap((item) => item.points);
    const [left, right] = [Math.min(...all.map((item) => item[0])), Math.max(...all.map((item) => item[0]))];
    const [top, bottom] = [Math.min(...all.map((item) => item[1])), Math.max(...all.map((item) => item[1]))];
    const scale = (canvas.width - 24) / Math.max(right - left, bottom - top, 1e-9);
    const css = (variable: string, alpha: number): string => `rgba(${colourOf(variable).map((part) => part * 255).join()},${alpha})`;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const item of [...answer.months].sort((a, b) => Number(a.month === month) - Number(b.month === month))) {
        const old = item.month !== month;
        if (item.month > month) {
            continue;
        }
        for (const [x, y, kind, predicted] of item.points) {
            const wrong = kind !== predicted;
            context.fillStyle = old ? css('--n8', 0.6) : wrong ? css('--level-4', 1) : kind === 'backscatter' ? css('--level-3', 0.75) : css('--accent', 0.6);
            const size = old ? 3 : wrong ? 5 : 3;
            context.fillRect(12 + (x - left) * scale, 12 + (y - top) * scale, size, size);
        }
    }
}

function Drift({ chosen }: { chosen: string | null }): JSX.Element | null {
    const text = useText();
    const { theme } = useApp();
    const canvas = useRef<HTMLCanvasElement>(null);
    const answer = useObserved<DriftAnswer>('/api/darknet/drift').value;
    const months = answer?.months ?? [];
    const [month, setMonth] = useState<string | null>(chosen);
    const shown = months.find((item) => item.month === month) ?? months[months.length - 1];
    useEffect(() => {
        if (answer && shown && canvas.current) {
            paintDrift(canvas.current, answer, shown.month);
        }
    }, [answer, shown, theme]);
    if (!answer || !shown) {
        return null;
    }
    return (
        <section class="part drift" aria-labelledby="drift">
            <h2 id="drift">{text('backscatter.drift')}</h2>
            <div class="choices" role="group" aria-label={text('backscatter.month')}>
                {months.map((item) => (
                    <button key={item.month} type="button" class="month" aria-pressed={item.month === shown.month} onClick={() => setMonth(item.month)}>
                        {item.month}
                    </button>
                ))}
            </div>
            <canvas ref={canvas} width={DRIFT * 2} height={DRIFT * 2} role="img" aria-label={text('backscatter.drift_how')} />
            <p class="small">
                {text('backscatter.right', { n: number(shown.right), of: number(shown.count) })}{' '}
                <span class="dim">{text('backscatter.drift_how')}</span>
            </p>
            <ul class="legend dots">
                <li class="dot-backscatter">{text('darknet.class_backscatter')}</li>
                <li class="dot-other">{text('darknet.class_other')}</li>
                <li class="dot-wrong">{text('backscatter.wrong')}</li>
                <li class="dot-old">{text('backscatter.earlier')}</li>
            </ul>
        </section>
    );
}

export function Backscatter({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const rule = query.get('rule') ?? '';
    const all = query.get('all') === '1';
    const loaded = useObserved<BackscatterAnswer>(`/api/darknet/backscatter${rule ? `?rule=${encodeURIComponent(rule)}` : ''}`);
    useKeys({ Escape: () => go('#/darknet') });
    const answer = loaded.value;
    const list = useMemo(() => victims(answer?.episodes ?? []), [answer]);
    if (!answer) {
        return <Waiting loaded={loaded} />;
    }
    const { totals, rules } = answer;
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('backscatter.title')}</h1>
                <span class="gap" />
                {rules.length > 1 && (
                    <div class="choices" role="group" aria-label={text('backscatter.rule')}>
                        <a href="#/backscatter" aria-current={rule ? undefined : 'true'}>{text('backscatter.all_rules')}</a>
                        {rules.map(({ name }) => (
                            <a key={name} href={`#/backscatter?rule=${encodeURIComponent(name)}`} aria-current={rule === name ? 'true' : undefined}>{name}</a>
                        ))}
                    </div>
                )}
            </div>
            {answer.episodes.length === 0 || !totals.since || !totals.until ? (
                <Notice title="backscatter.empty" what="backscatter.empty_do" />
            ) : (
                <>
                    <p class="lead">
                        {text('backscatter.lead', { episodes: number(totals.episodes), victims: number(totals.victims) })}{' '}
                        {list[0] && text('backscatter.most', { address: list[0].address, packets: number(list[0].packets) })}
                    </p>
                    <Timeline list={list.slice(0, SHOWN)} since={totals.since} until={totals.until} />
                    {list.length > SHOWN && <p class="small dim">{text('backscatter.cut', { shown: SHOWN, total: number(totals.victims) })}</p>}
                </>
            )}
            <div class="halves wide-left">
                {answer.episodes.length > 0 && (
                    <section class="part">
                        <h2>{text('backscatter.strongest')}</h2>
                        <Strongest episodes={all ? answer.episodes : answer.episodes.slice(0, 20)} />
                        {!all && answer.episodes.length > 20 && <a class="more" href={`#/backscatter?${rule ? `rule=${encodeURIComponent(rule)}&` : ''}all=1`}>{text('cases.more', { n: number(answer.episodes.length - 20) })}</a>}
                    </section>
                )}
                <Drift chosen={query.get('month')} />
            </div>
        </section>
    );
}
