// One row per stage of the pipeline, what it had to drop, and what is still learning.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { hostAddress, useApp, useLoaded, useText } from '../app';
import { bytes, dateTimeOf, inLocalTime, number } from '../format';
import { Notice, Waiting } from '../parts';
import type { Health, Source, Stage } from '../types';

function StageRow({ stage }: { stage: Stage }): JSX.Element {
    const text = useText();
    return (
        <tr>
            <th scope="row">
                {text(`health.stage_${stage.name}`)}
                <span class="dim small">{text(`health.what_${stage.name}`)}</span>
            </th>
            <td class="number">{number(stage.in)}</td>
            <td class="number">{number(stage.out)}</td>
            <td class="number">{stage.rate === null ? '' : text('health.per_second', { n: number(Math.round(stage.rate)) })}</td>
            <td class="number">{stage.lag === null ? '' : text('health.seconds', { n: stage.lag.toFixed(1) })}</td>
            <td class={`number${stage.dropped ? ' loud' : ' dim'}`}>{number(stage.dropped)}</td>
        </tr>
    );
}

function Stages({ stages }: { stages: Stage[] }): JSX.Element {
    const text = useText();
    return (
        <div class="table-frame">
            <table class="stages">
                <thead>
                    <tr>
                        <th>{text('health.stage')}</th>
                        <th class="number">{text('health.in')}</th>
                        <th class="number">{text('health.out')}</th>
                        <th class="number">{text('health.rate')}</th>
                        <th class="number">{text('health.lag')}</th>
                        <th class="number">{text('health.dropped')}</th>
                    </tr>
                </thead>
                <tbody>
                    {stages.map((stage) => (
                        <StageRow key={stage.name} stage={stage} />
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Meter({ part, label }: { part: number; label: string }): JSX.Element {
    const shown = Math.max(0, Math.min(1, part));
    return (
        <svg class={`meter${shown > 0.9 ? ' full' : ''}`} viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={label}>
            <rect class="room" width="100" height="4" />
            <rect width={shown * 100} height="4" />
        </svg>
    );
}

function Memory({ values }: { values: Health['values'] }): JSX.Element | null {
    const text = useText();
    const used = Number(values['memory_bytes'] ?? 0);
    const limit = Number(values['memory_limit_bytes'] ?? 0);
    if (!used) {
        return null;
    }
    const label = limit ? text('health.of', { used: bytes(used), limit: bytes(limit) }) : bytes(used);
    return (
        <section class="part">
            <h2>{text('health.memory')}</h2>
            <p>{label}</p>
            {limit > 0 && <Meter part={used / limit} label={label} />}
        </section>
    );
}

function Learning({ hosts }: { hosts: Health['learning'] }): JSX.Element {
    const text = useText();
    return (
        <section class="part">
            <h2>{text('health.learning')}</h2>
            <p class="dim">{text(hosts.length ? 'health.learning_what' : 'health.learning_none')}</p>
            <ul class="host-list">
                {hosts.map((host) => (
                    <li key={host.name}>
                        <a href={hostAddress(host.name)}>{host.name}</a>
                        <span class="dim">{text('hosts.days', { n: host.days })}</span>
                    </li>
                ))}
            </ul>
        </section>
    );
}

function SourceRow({ source }: { source: Source }): JSX.Element {
    const text = useText();
    const part = source.done ? 1 : source.size ? source.offset / source.size : 0;
    const reasons = Object.entries(source.reasons);
    return (
        <tr>
            <th scope="row" class="path" title={source.path}>
                <bdi dir="ltr">{source.path}</bdi>
            </th>
            <td>{source.format}</td>
            <td class="number">{number(source.read)}</td>
            <td class="number">{number(source.kept)}</td>
            <td class={source.refused ? 'loud' : 'dim'}>
                {number(source.refused)}
                {reasons.length > 0 && (
                    <span class="dim small"> {reasons.map(([why, n]) => `${why} ${number(n)}`).join(', ')}</span>
                )}
            </td>
            <td>
                {number(source.clock_disagreements)}
                {source.clock_used && <span class="dim small"> {text('health.clock_used', { clock: source.clock_used })}</span>}
            </td>
            <td class="progress">
                {source.done ? text('health.done') : <Meter part={part} label={`${Math.round(part * 100)} %`} />}
            </td>
        </tr>
    );
}

function Sources({ sources }: { sources: Source[] }): JSX.Element {
    const text = useText();
    return (
        <section class="part">
            <h2>{text('health.sources')}</h2>
            <div class="table-frame" tabIndex={0} role="group" aria-label={text('health.sources')}>
                <table>
                    <thead>
                        <tr>
                            <th>{text('health.source')}</th>
                            <th>{text('health.format')}</th>
                            <th class="number">{text('health.read')}</th>
                            <th class="number">{text('health.kept')}</th>
                            <th>{text('health.refused')}</th>
                            <th>{text('health.clocks')}</th>
                            <th>{text('health.progress')}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {sources.map((source) => (
                            <SourceRow key={source.id} source={source} />
                        ))}
                    </tbody>
                </table>
            </div>
        </section>
    );
}

function valueText(name: string, value: number | string): string {
    if (typeof value === 'string') {
        return inLocalTime(value);
    }
    if (name.endsWith('_bytes')) {
        return bytes(value);
    }
    if (name === 'learned_until' || name === 'newest_event') {
        return value > 0 ? dateTimeOf(new Date(value * 1000).toISOString()) : '';
    }
    return Number.isInteger(value) ? number(value) : value.toPrecision(4);
}

function Values({ values }: { values: Health['values'] }): JSX.Element {
    const text = useText();
    return (
        <details class="part">
            <summary>{text('health.other')}</summary>
            <dl class="fields">
                {Object.entries(values).map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{value === null ? '' : valueText(name, value)}</dd>
                    </div>
                ))}
            </dl>
        </details>
    );
}

export function HealthPage(): JSX.Element {
    const text = useText();
    const { summary } = useApp();
    const loaded = useLoaded<Health>('/api/health');
    // The stream says when something was committed; the page follows.
    useEffect(() => loaded.reload(), [summary]);
    const health = loaded.value;
    if (!health) {
        return <Waiting loaded={loaded} />;
    }
    if (health.sources.length === 0 && Object.keys(health.values).length === 0) {
        return <Notice title="health.empty" what="health.empty_do" />;
    }
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('health.title')}</h1>
            </div>
            <Stages stages={health.stages} />
            <div class="halves">
                <Memory values={health.values} />
                <Learning hosts={health.learning} />
            </div>
            <Sources sources={health.sources} />
            <Values values={health.values} />
        </section>
    );
}
