// From a confirmed case straight to a hunt: what sets its processes apart, and where else that was seen.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { download } from '../api';
import { traceAddress, useLoaded, useText } from '../app';
import { baseName, number } from '../format';
import { HostLink, Time, Waiting } from '../parts';
import type { CaseIndicators, Indicator, IndicatorHit } from '../types_samples';

const HITS_SHOWN = 50;

// Rules of other tools: their names are the same in every language.
const FORMATS = [
    ['sigma', 'Sigma', 'yml'], ['yara', 'YARA', 'yar'], ['stix', 'STIX 2.1', 'json'], ['openioc', 'OpenIOC', 'ioc'], ['osquery', 'osquery', 'conf'],
] as const;

function Row({ item }: { item: Indicator }): JSX.Element {
    return (
        <tr>
            <td class="mask">
                {item.parts.map((part, i) => (
                    <p key={i}>
                        <span class="dim small">{part.kind}</span> <code>{part.mask}</code>
                    </p>
                ))}
            </td>
            <td class="number" title={item.why}>{`${number(item.found)} / ${number(item.found_of)}`}</td>
            <td class="number">{`${number(item.spared)} / ${number(item.spared_of)}`}</td>
            <td class="number">{item.clarity.toFixed(2)}</td>
        </tr>
    );
}

// A process once, however many indicators it meets.
function processesOf(hits: IndicatorHit[]): (IndicatorHit & { many: number })[] {
    const found = new Map<string, IndicatorHit & { many: number }>();
    for (const hit of hits) {
        const old = found.get(hit.hit.process);
        found.set(hit.hit.process, { ...(old ?? hit), many: (old?.many ?? 0) + 1 });
    }
    return [...found.values()].sort((a, b) => Number(a.inside) - Number(b.inside));
}

function Hits({ answer }: { answer: CaseIndicators }): JSX.Element {
    const text = useText();
    const processes = processesOf(answer.hits);
    const outside = processes.filter((item) => !item.inside);
    return (
        <>
            <p class={outside.length ? 'loud' : 'dim'}>
                {outside.length ? text('ioc.outside', { n: number(outside.length) }) : text('ioc.nowhere', { n: number(answer.events) })}
            </p>
            <ul class="links-to">
                {processes.slice(0, HITS_SHOWN).map((item) => (
                    <li key={item.hit.process} class="line">
                        <Time at={item.hit.time} />
                        <HostLink name={item.hit.host} />
                        <a class="door" href={traceAddress(item.hit.process)}>{baseName(item.hit.program) || item.hit.process}</a>
                        <span class={item.inside ? 'chip' : 'chip loud'}>{text(item.inside ? 'ioc.inside' : 'ioc.elsewhere')}</span>
                    </li>
                ))}
            </ul>
            {(processes.length > HITS_SHOWN || answer.hits_total > answer.hits.length) && <p class="cut">{text('ioc.more_hits')}</p>}
        </>
    );
}

function Answer({ answer, id }: { answer: CaseIndicators; id: string }): JSX.Element {
    const text = useText();
    if (answer.indicators.length === 0) {
        return <p class="dim">{text('ioc.none')}</p>;
    }
    return (
        <>
            <p>{text('ioc.cover', { found: number(answer.found), found_of: number(answer.found_of), spared: number(answer.spared), spared_of: number(answer.spared_of) })}</p>
            <div class="table-frame indicators" tabIndex={0} role="group" aria-label={text('ioc.title')}>
                <table>
                    <thead>
                        <tr>
                            <th>{text('ioc.what')}</th>
                            <th class="number">{text('ioc.found')}</th>
                            <th class="number">{text('ioc.spared')}</th>
                            <th class="number">{text('ioc.clarity')}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {answer.indicators.map((item) => <Row key={item.id} item={item} />)}
                    </tbody>
                </table>
            </div>
            <p class="line">
                <span class="dim">{text('ioc.export')}</span>
                {FORMATS.map(([format, name, file]) => (
                    <button key={format} type="button" class="button" onClick={() => void download(`/api/indicators/${encodeURIComponent(id)}?format=${format}`, `case-${id}.${file}`)}>
                        {name}
                    </button>
                ))}
            </p>
            <Hits answer={answer} />
        </>
    );
}

export function Indicators({ id }: { id: string }): JSX.Element {
    const text = useText();
    const [wanted, setWanted] = useState(false);
    const loaded = useLoaded<CaseIndicators>(wanted ? `/api/indicators/${encodeURIComponent(id)}` : null);
    if (!wanted) {
        return (
            <p class="line">
                <button type="button" class="button" onClick={() => setWanted(true)}>{text('ioc.make')}</button>
                <span class="dim small">{text('ioc.about')}</span>
            </p>
        );
    }
    if (loaded.error?.status === 404) {
        return <p class="dim">{text('ioc.no_process')}</p>;
    }
    return loaded.value ? <Answer answer={loaded.value} id={id} /> : <Waiting loaded={loaded} />;
}
