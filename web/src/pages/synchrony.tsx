// Sources that begin to move together: the density of their graph over time, and one window whole.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { go, sourcesAddress, useExplained, useKeys, useLoaded, useObserved, useText } from '../app';
import { dateTimeOf, inLocalTime, number } from '../format';
import { Notice, Time, Waiting } from '../parts';
import { OverTime, percent } from '../picture';
import { serviceOf } from '../services';
import type { GroupNode, SynchronyAnswer, SynchronyDetail, SynchronyWindow } from '../types_darknet';

const SIZE = 720;
const EDGE = 24;
const COLUMNS = 1008; // one bar a window; more are put together

const windowAddress = (start: string): string => `#/synchrony/${encodeURIComponent(start)}`;

// As many columns as can be told apart: of each bundle the densest, so that no alert is lost.
function bundled(windows: SynchronyWindow[]): SynchronyWindow[] {
    const size = Math.ceil(windows.length / COLUMNS);
    return Array.from({ length: Math.ceil(windows.length / size) }, (_, i) =>
        windows.slice(i * size, (i + 1) * size).reduce((best, item) =>
            (item.alert ? 1 : 0) * 10 + (item.density ?? 0) > (best.alert ? 1 : 0) * 10 + (best.density ?? 0) ? item : best,
        ),
    );
}

function Graph({ nodes, edges }: { nodes: GroupNode[]; edges: [number, number][] }): JSX.Element {
    const text = useText();
    const [pointed, setPointed] = useState<number | null>(null);
    const at = (part: number): number => EDGE + part * (SIZE - 2 * EDGE);
    const most = Math.max(1, ...nodes.map((node) => node.packets ?? 1));
    const near = new Set(pointed === null ? [] : edges.flatMap(([a, b]) => (a === pointed ? [b] : b === pointed ? [a] : [])));
    return (
        <svg class={`together${pointed === null ? '' : ' focused'}`} viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label={text('synchrony.graph')}>
            <g class="ties">
                {edges.map(([a, b]) => {
                    const [from, to] = [nodes[a], nodes[b]];
                    return from && to ? <line key={`${a} ${b}`} class={a === pointed || b === pointed ? 'near' : undefined} x1={at(from.x)} y1={at(from.y)} x2={at(to.x)} y2={at(to.y)} /> : null;
                })}
            </g>
            {nodes.map((node, i) => (
                <a key={node.name} href={sourcesAddress({ prefix: node.name })} class={`group group-${Math.min(node.group, 6)}${near.has(i) || i === pointed ? ' near' : ''}`} aria-label={node.name} onMouseEnter={() => setPointed(i)} onMouseLeave={() => setPointed(null)} onFocus={() => setPointed(i)} onBlur={() => setPointed(null)}>
                    <circle cx={at(node.x)} cy={at(node.y)} r={3 + 5 * Math.sqrt((node.packets ?? 1) / most)} />
                    {(i === pointed || near.has(i)) && <text x={at(node.x)} y={at(node.y) - 10} text-anchor="middle">{node.name}</text>}
                    <title>{node.name}</title>
                </a>
            ))}
        </svg>
    );
}

function Detail({ detail }: { detail: SynchronyDetail }): JSX.Element {
    const text = useText();
    const said = useExplained()(detail.explanation);
    const nodes = detail.groups.nodes ?? [];
    const edges = detail.groups.edges ?? [];
    const groups = [...new Set(nodes.map((node) => node.group))].filter((group) => group > 0).sort((a, b) => a - b);
    return (
        <div class="hosts-page window-detail">
            <div>
                {nodes.length > 0 ? <Graph nodes={nodes} edges={edges} /> : <p class="dim hint">{text('synchrony.no_graph')}</p>}
            </div>
            <aside>
                <h2 class="host-name"><Time at={detail.start} /></h2>
                <p>
                    {detail.density !== null && text('synchrony.density_is', { density: detail.density.toFixed(4), hosts: number(detail.hosts) })}{' '}
                    {detail.alert && detail.ratio !== null && <strong class="loud">{text('synchrony.ratio_is', { ratio: detail.ratio.toFixed(3) })}</strong>}
                </p>
                {said.length > 0 && (
                    <ul class="sentences" aria-label={text('synchrony.words')}>
                        {said.map((sentence) => (
                            <li key={sentence}>{inLocalTime(sentence)}</li>
                        ))}
                    </ul>
                )}
                {detail.ports.length > 0 && (
                    <section class="part">
                        <h2>{text('synchrony.ports')}</h2>
                        <ul class="relations">
                            {detail.ports.map((item) => (
                                <li key={item.port}>
                                    <a href={sourcesAddress({ port: String(item.port) })}>{item.port} {serviceOf(`tcp/${item.port}`)}</a>{' '}
                                    <span class="dim">{text('synchrony.port_hosts', { n: number(item.hosts), share: percent(item.share, 1) })}</span>
                                </li>
                            ))}
                        </ul>
                    </section>
                )}
                {groups.map((group) => {
                    const members = nodes.filter((node) => node.group === group);
                    return (
                        <section class="part" key={group}>
                            <h2 class={`line group-name group-${Math.min(group, 6)}`}>{text('synchrony.group', { n: group, hosts: number(members.length) })}</h2>
                            <p class="small members">
                                {members.slice(0, 24).flatMap((node) => [
                                    <a key={node.name} href={sourcesAddress({ prefix: node.name })}>{node.name}</a>,
                                    ' ',
                                ])}
                                {members.length > 24 && <span class="dim">{text('cases.more', { n: members.length - 24 })}</span>}
                            </p>
                        </section>
                    );
                })}
                {detail.densities.length > 0 && (
                    <section class="part">
                        <h2>{text('synchrony.path')}</h2>
                        <table>
                            <thead>
                                <tr><th class="number">ρ</th><th class="number">{text('synchrony.density')}</th></tr>
                            </thead>
                            <tbody>
                                {detail.densities.map((item) => (
                                    <tr key={item.rho}><td class="number">{item.rho}</td><td class="number">{item.density.toFixed(4)}</td></tr>
                                ))}
                            </tbody>
                        </table>
                    </section>
                )}
            </aside>
        </div>
    );
}

export function Synchrony({ start }: { start: string | null }): JSX.Element {
    const text = useText();
    const loaded = useObserved<SynchronyAnswer>('/api/darknet/synchrony');
    const windows = loaded.value?.windows ?? [];
    const alerts = windows.filter((window) => window.alert);
    const drawnAlerts = alerts.filter((window) => window.drawn);
    const shown = start ?? drawnAlerts[drawnAlerts.length - 1]?.start ?? alerts[alerts.length - 1]?.start ?? windows[windows.length - 1]?.start ?? null;
    const detail = useLoaded<SynchronyDetail>(shown ? `/api/darknet/synchrony/${encodeURIComponent(shown)}` : null);
    const step = (by: number): void => {
        const place = alerts.findIndex((window) => window.start === shown);
        const next = alerts[place < 0 ? alerts.length - 1 : place + by];
        if (next) {
            go(windowAddress(next.start));
        }
    };
    useKeys({ Escape: () => go(start ? '#/synchrony' : '#/darknet'), j: () => step(1), k: () => step(-1) });
    if (!loaded.value) {
        return <Waiting loaded={loaded} />;
    }
    if (windows.length === 0) {
        return <Notice title="synchrony.empty" what="synchrony.empty_do" />;
    }
    const drawn = bundled(windows);
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('synchrony.title')}</h1>
                <span class={alerts.length ? 'loud' : 'dim'}>{text('synchrony.alerts', { n: number(alerts.length), of: number(windows.length) })}</span>
            </div>
            <OverTime
                times={drawn.map((window) => window.start)}
                bands={[
                    { name: 'quiet', values: drawn.map((window) => (window.alert ? 0 : window.density ?? 0)) },
                    { name: 'alert', values: drawn.map((window) => (window.alert ? window.density ?? 0 : 0)) },
                ]}
                label={text('synchrony.over_time')}
                unit={(value) => text('synchrony.density_unit', { n: value.toFixed(3) })}
                door={(at) => windowAddress(drawn[at]?.start ?? '')}
                marked={(at) => drawn[at]?.start === shown || (drawn[at]?.alert ?? false)}
                height={140}
            />
            {alerts.length > 0 && (
                <p class="line small alerts">
                    {alerts.slice(-12).map((window) => (
                        <a key={window.start} class="chip" href={windowAddress(window.start)} aria-current={window.start === shown ? 'true' : undefined}>{dateTimeOf(window.start).slice(5, 16)}</a>
                    ))}
                </p>
            )}
            {detail.value ? <Detail detail={detail.value} /> : detail.error?.status === 404 ? <Notice title="synchrony.no_window" what="synchrony.no_window_do" /> : <Waiting loaded={detail} />}
        </section>
    );
}
