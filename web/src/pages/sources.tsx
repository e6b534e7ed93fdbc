// Who reached the darknet: the sources, and one of them whole.
import type { JSX } from 'preact';
import { go, huntAddress, sourceAddress, sourcesAddress, traceAddress, useKeys, useLoaded, useText } from '../app';
import { number } from '../format';
import { Notice, Time, Waiting } from '../parts';
import { serviceOf } from '../services';
import type { DarknetSource, SourceAnswer, SourcesAnswer } from '../types_darknet';
import { useNamed } from './darknet';

const PAGE = 100;
const KEPT = ['class', 'prefix', 'port', 'order'] as const;

function Filters({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const named = useNamed();
    const without = (name: string): string => {
        const rest = new URLSearchParams(query);
        rest.delete(name);
        rest.delete('offset');
        return `#/darknet/sources?${rest.toString()}`;
    };
    const given = KEPT.filter((name) => query.get(name));
    return (
        <p class="line">
            {given.map((name) => (
                <a key={name} class="chip" href={without(name)} aria-label={text('darknet.without', { name: query.get(name) ?? '' })}>
                    {name === 'class' ? named('class', query.get(name) ?? '') : name === 'port' ? text('darknet.port', { n: query.get(name) ?? '' }) : query.get(name)} ×
                </a>
            ))}
        </p>
    );
}

function Row({ source }: { source: DarknetSource }): JSX.Element {
    const named = useNamed();
    return (
        <tr>
            <th scope="row">
                <a href={sourceAddress(source.source_ip)}>{source.source_ip}</a>
            </th>
            <td>
                <a href={sourcesAddress({ class: source.class })}>{named('class', source.class)}</a>
            </td>
            <td class="number">{source.score?.toFixed(2)}</td>
            <td class="number">{number(source.packets)}</td>
            <td class="number">{source.destination_port}</td>
            <td>{source.country}</td>
            <td><Time at={source.first} /></td>
            <td><Time at={source.last} /></td>
        </tr>
    );
}

export function Sources({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const offset = Number(query.get('offset')) || 0;
    const asked = new URLSearchParams([...KEPT.flatMap((name) => (query.get(name) ? [[name, query.get(name)!]] : [])), ['limit', String(PAGE)], ['offset', String(offset)]]);
    const loaded = useLoaded<SourcesAnswer>(`/api/darknet/sources?${asked.toString()}`);
    useKeys({ Escape: () => go('#/darknet') });
    const answer = loaded.value;
    if (!answer) {
        return <Waiting loaded={loaded} />;
    }
    const at = (from: number): string => `#/darknet/sources?${new URLSearchParams([...asked].filter(([name]) => name !== 'limit' && name !== 'offset').concat([['offset', String(from)]])).toString()}`;
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('darknet.sources')}</h1>
                <span class="dim">{number(answer.total)}</span>
                <Filters query={query} />
                <span class="gap" />
                <a class="door" href="#/darknet">{text('darknet.to_observatory')}</a>
            </div>
            {answer.sources.length === 0 ? (
                <Notice title="darknet.no_sources" what="darknet.no_sources_do" />
            ) : (
                <div class="table-frame">
                    <table>
                        <thead>
                            <tr>
                                <th>{text('darknet.address')}</th>
                                <th>{text('darknet.class')}</th>
                                <th class="number">{text('darknet.score')}</th>
                                <th class="number">{text('darknet.packets')}</th>
                                <th class="number">{text('darknet.looked_for')}</th>
                                <th>{text('darknet.country')}</th>
                                <th>{text('darknet.first')}</th>
                                <th>{text('darknet.last')}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {answer.sources.map((source) => (
                                <Row key={source.source_ip} source={source} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
            <p class="line hint">
                {offset > 0 && <a class="button" href={at(Math.max(0, offset - PAGE))}>{text('darknet.newer')}</a>}
                {offset + PAGE < answer.total && <a class="button" href={at(offset + PAGE)}>{text('darknet.more')}</a>}
            </p>
        </section>
    );
}

// The seventeen features: numbers people can compare, not a chart they have to decode.
function Features({ features }: { features: Record<string, number> }): JSX.Element {
    const text = useText();
    return (
        <section class="part">
            <h2>{text('darknet.features')}</h2>
            <dl class="fields">
                {Object.entries(features).map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{typeof value === 'number' ? number(Math.round(value * 1000) / 1000) : String(value)}</dd>
                    </div>
                ))}
            </dl>
        </section>
    );
}

export function SourcePage({ address }: { address: string }): JSX.Element {
    const text = useText();
    const named = useNamed();
    const loaded = useLoaded<SourceAnswer>(`/api/darknet/sources/${encodeURIComponent(address)}`);
    useKeys({ Escape: () => go('#/darknet/sources') });
    if (loaded.error?.status === 404) {
        return <Notice title="darknet.unknown_source" what="darknet.unknown_source_do" values={{ address }} />;
    }
    if (!loaded.value) {
        return <Waiting loaded={loaded} />;
    }
    const { source, episodes, contacts } = loaded.value;
    const port = source.destination_port === null ? '' : String(source.destination_port);
    const near = /^(\d+\.\d+\.\d+)\.\d+$/.exec(address)?.[1];
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{source.source_ip}</h1>
                <a class="chip" href={sourcesAddress({ class: source.class })}>{named('class', source.class)}</a>
                <span class="dim">{source.score !== null && text('case.score', { n: source.score.toFixed(2) })}</span>
            </div>
            <p class="lead">
                {text('darknet.source_lead', { packets: number(source.packets), port: port && `${port} ${serviceOf(`tcp/${port}`)}`.trim() })}{' '}
                <span class="dim"><Time at={source.first} /> – <Time at={source.last} /></span> {source.country}
            </p>
            <p class="line">
                {near && <a class="door" href={sourcesAddress({ prefix: `${near}.0/24` })}>{text('darknet.neighbours', { prefix: `${near}.0/24` })}</a>}
                {port && <a class="door" href={sourcesAddress({ port })}>{text('darknet.same_port', { port })}</a>}
                <a class="door" href={traceAddress(address)}>{text('darknet.trace')}</a>
                <a class="door" href={huntAddress(`SELECT * FROM darknet_sources WHERE source_ip = '${address.replace(/'/g, "''")}'`)}>{text('darknet.hunt')}</a>
            </p>
            {contacts.length > 0 && (
                <section class="part">
                    <h2>{text('contacts.title')}</h2>
                    <ul class="relations">
                        {contacts.map((item) => (
                            <li key={item.id}>
                                <a href={`#/contacts?organisation=${encodeURIComponent(item.organisation)}&contact=${item.id}`}>{item.organisation}</a>{' '}
                                {named('kind', item.kind)} <Time at={item.first} />
                            </li>
                        ))}
                    </ul>
                </section>
            )}
            {episodes.length > 0 && (
                <section class="part">
                    <h2>{text('backscatter.attacks_on')}</h2>
                    <ul class="relations">
                        {episodes.map((item) => (
                            <li key={item.start + item.protocol}>
                                <Time at={item.start} /> – <Time at={item.end} short /> {item.protocol} {item.service}{' '}
                                <span class="dim">{text('darknet.n_packets', { n: number(item.packets) })}</span>
                            </li>
                        ))}
                    </ul>
                </section>
            )}
            <Features features={source.features} />
        </section>
    );
}
