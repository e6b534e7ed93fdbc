// The observatory: how much reaches addresses nobody uses, for what, from where, and who it is.
import type { ComponentChildren, JSX } from 'preact';
import { sourcesAddress, huntAddress, useObserved, useText } from '../app';
import { dateTimeOf, number } from '../format';
import { Notice, Waiting } from '../parts';
import { OverTime, percent, Spark, packetsUnit } from '../picture';
import { portNumber, serviceOf } from '../services';
import type { MessageKey } from '../text';
import { messages } from '../text';
import type { Count, Overview, SpaceAnswer, Totals } from '../types_darknet';
import { SpaceMap } from './space';
import { Trend } from './trend';

// A class or mark in words; one nobody has words for yet is shown as it is.
export function useNamed(): (area: 'class' | 'kind' | 'mark', name: string) => string {
    const text = useText();
    return (area, name) => {
        const key = `darknet.${area}_${name}`;
        return key in messages ? text(key as MessageKey) : name;
    };
}

function Lengths({ overview }: { overview: Overview }): JSX.Element {
    const text = useText();
    const shown = (length: number): string =>
        length < 3600 ? text('darknet.minutes', { n: length / 60 })
        : length < 86400 ? text('darknet.hours', { n: length / 3600 })
        : text('darknet.days', { n: length / 86400 });
    return (
        <div class="choices" role="group" aria-label={text('darknet.window')}>
            {overview.lengths.map(({ length }) => (
                <a key={length} href={`#/darknet?length=${length}`} aria-current={overview.length === length ? 'true' : undefined}>
                    {shown(length)}
                </a>
            ))}
        </div>
    );
}

function Figure({ value, what, door }: { value: string; what: string; door?: string }): JSX.Element {
    const inside = (
        <>
            <strong>{value}</strong>
            <span class="dim">{what}</span>
        </>
    );
    return door ? <a class="figure" href={door}>{inside}</a> : <span class="figure">{inside}</span>;
}

function Figures({ totals }: { totals: Totals }): JSX.Element {
    const text = useText();
    const counted = totals.packets - totals.investigation_packets;
    return (
        <div class="figures">
            <Figure value={number(counted)} what={text('darknet.packets')} />
            <Figure value={number(totals.sources_known)} what={text('darknet.sources_known')} door="#/darknet/sources" />
            <Figure value={number(totals.addresses)} what={text('darknet.addresses')} />
            {totals.addresses > 0 && <Figure value={(counted / totals.addresses).toFixed(1)} what={text('darknet.per_address')} />}
            <Figure value={percent(totals.tcp, totals.packets)} what="TCP" />
            <Figure value={percent(totals.udp, totals.packets)} what="UDP" />
            <Figure value={percent(totals.icmp, totals.packets)} what="ICMP" />
            <Figure
                value={number(totals.investigation_packets)}
                what={text('darknet.investigation', { n: number(totals.investigation_sources_most) })}
                door={sourcesAddress({ class: 'investigation' })}
            />
        </div>
    );
}

interface RankingProps {
    title: string;
    counts: Count[];
    whole: number;
    label: (count: Count) => ComponentChildren;
    door: (count: Count) => string;
}

function Ranking({ title, counts, whole, label, door }: RankingProps): JSX.Element | null {
    const text = useText();
    if (counts.length === 0) {
        return null;
    }
    return (
        <section class="part">
            <h2>{title}</h2>
            <table class="ranking">
                <thead class="hidden-text">
                    <tr>
                        <th>{title}</th>
                        <th>{text('darknet.over_time')}</th>
                        <th>{text('darknet.packets')}</th>
                        <th>{text('darknet.share')}</th>
                    </tr>
                </thead>
                <tbody>
                    {counts.map((count) => (
                        <tr key={count.name}>
                            <th scope="row">
                                <a href={door(count)}>{label(count)}</a>
                            </th>
                            <td class="drawn">
                                <Spark values={count.values} label={text('darknet.spark', { name: count.name })} />
                            </td>
                            <td class="number">{number(count.packets)}</td>
                            <td class="number dim">{percent(count.packets, whole)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </section>
    );
}

const huntCounts = (kind: string, name: string): string =>
    huntAddress(`SELECT time_text(start) AS time, length / 1000000000 AS seconds, packets, sources FROM darknet_counts WHERE kind = '${kind}' AND name = '${name.replace(/'/g, "''")}' ORDER BY start DESC LIMIT 500`);

const huntWindow = (start: string): string =>
    huntAddress(`SELECT kind, name, packets, sources FROM darknet_counts WHERE time_text(start) = '${start}' ORDER BY kind, packets DESC LIMIT 1000`);

function Rankings({ overview }: { overview: Overview }): JSX.Element {
    const text = useText();
    const named = useNamed();
    const whole = overview.totals.packets;
    return (
        <>
            <Ranking
                title={text('darknet.ports')}
                counts={overview.ports}
                whole={whole}
                label={({ name }) => <>{name} <span class="dim">{serviceOf(name)}</span></>}
                door={({ name }) => sourcesAddress({ port: portNumber(name) })}
            />
            <Ranking title={text('darknet.classes')} counts={overview.classes} whole={whole} label={({ name }) => named('class', name)} door={({ name }) => sourcesAddress({ class: name })} />
        </>
    );
}

function MoreRankings({ overview }: { overview: Overview }): JSX.Element {
    const text = useText();
    const named = useNamed();
    const whole = overview.totals.packets;
    return (
        <div class="more-rankings">
            <Ranking title={text('darknet.marks')} counts={overview.marks} whole={whole} label={({ name }) => named('mark', name)} door={({ name }) => huntCounts('mark', name)} />
            <Ranking title={text('darknet.flags')} counts={overview.flags} whole={whole} label={({ name }) => name} door={({ name }) => huntCounts('flags', name)} />
            <Ranking title={text('darknet.countries')} counts={overview.countries} whole={whole} label={({ name }) => name} door={({ name }) => huntCounts('country', name)} />
            <Ranking title={text('darknet.systems')} counts={overview.systems} whole={whole} label={({ name }) => name} door={({ name }) => huntCounts('as', name)} />
        </div>
    );
}

function Span({ overview }: { overview: Overview }): JSX.Element {
    const text = useText();
    const { totals, windows } = overview;
    const last = windows[windows.length - 1];
    return (
        <p class="lead">
            {last && text('darknet.lead', { packets: number(last.packets), sources: number(last.sources), minutes: number(overview.length / 60) })}{' '}
            {totals.since && totals.until && (
                <span class="dim">{text('darknet.span', { since: dateTimeOf(totals.since).slice(0, 16), until: dateTimeOf(totals.until).slice(0, 16) })}</span>
            )}{' '}
            {totals.evicted > 0 && <span class="cut">{text('darknet.evicted', { n: number(totals.evicted) })}</span>}
        </p>
    );
}

export function Observatory({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const length = Number(query.get('length')) || 0;
    const asked = length ? `?length=${length}` : '';
    const loaded = useObserved<Overview>(`/api/darknet${asked}`);
    const space = useObserved<SpaceAnswer>(`/api/darknet/space${asked}`);
    const overview = loaded.value;
    if (!overview) {
        return <Waiting loaded={loaded} />;
    }
    if (overview.windows.length === 0) {
        return <Notice title="darknet.empty" what="darknet.empty_do" />;
    }
    const { windows } = overview;
    const band = (name: 'tcp' | 'udp' | 'icmp' | 'other'): { name: string; values: number[] } => ({ name, values: windows.map((window) => window[name]) });
    return (
        <section aria-labelledby="title" class="observatory">
            <div class="head">
                <h1 id="title">{text('darknet.title')}</h1>
                <span class="gap" />
                <Lengths overview={overview} />
            </div>
            <Span overview={overview} />
            <Figures totals={overview.totals} />
            <OverTime
                times={windows.map((window) => window.start)}
                bands={[band('tcp'), band('udp'), band('icmp'), band('other')]}
                label={text('darknet.packets_over_time')}
                unit={packetsUnit}
                door={(at) => huntWindow(windows[at]?.start ?? '')}
            />
            <ul class="legend protocols">
                <li class="tcp">{'TCP'}</li>
                <li class="udp">{'UDP'}</li>
                <li class="icmp">{'ICMP'}</li>
                <li class="other">{text('darknet.other')}</li>
            </ul>
            <div class="sky">
                <div>
                    <Rankings overview={overview} />
                </div>
                <aside>
                    {space.value ? <SpaceMap answer={space.value} inside={query.get('in')} length={length} /> : <Waiting loaded={space} />}
                    <Trend name={query.get('trend')} />
                </aside>
            </div>
            <MoreRankings overview={overview} />
        </section>
    );
}
