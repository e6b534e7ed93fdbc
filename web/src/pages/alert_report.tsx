// What was decided, by level, in each day, week or month: to read, to print (PDF), as CSV.
import type { JSX } from 'preact';
import { download } from '../api';
import { useGathered, useText } from '../app';
import { number, zone } from '../format';
import { Notice, Waiting } from '../parts';
import type { Period } from '../types_alerts';

const LENGTHS = ['day', 'week', 'month'] as const;
const COLUMNS = ['level_4', 'level_3', 'level_2', 'level_1', 'false_positives', 'undecided'] as const;
const NUMBERS = [...COLUMNS, 'held'] as const;

function Share({ period }: { period: Period }): JSX.Element {
    let at = 0;
    return (
        <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            {COLUMNS.map((name) => {
                const [x, width] = [at, (100 * period[name]) / period.groups];
                at += width;
                return <rect key={name} class={`share-${name}`} x={x} width={width} height="8" />;
            })}
        </svg>
    );
}

export function Report({ by }: { by: string }): JSX.Element {
    const text = useText();
    const length = LENGTHS.find((name) => name === by) ?? 'day';
    const path = `by=${length}&offset=${-new Date().getTimezoneOffset()}`;
    const loaded = useGathered<{ periods: Period[] }>(`/api/alerts/report?${path}`);
    if (!loaded.value) {
        return <Waiting loaded={loaded} />;
    }
    if (loaded.value.periods.length === 0) {
        return <Notice title="alerts.nothing" what="alerts.nothing_do" />;
    }
    return (
        <div class="report">
            <div class="line report-tools">
                <span class="choices" role="group" aria-label={text('report.by')}>
                    {LENGTHS.map((name) => <a key={name} href={`#/alerts/report?by=${name}`} aria-current={name === length ? 'true' : undefined}>{text(`report.${name}`)}</a>)}
                </span>
                <button type="button" class="button" onClick={() => print()}>{text('report.print')}</button>
                <button type="button" class="button" onClick={() => void download(`/api/alerts/report.csv?${path}`, `alerts-${length}.csv`)}>{text('report.csv')}</button>
                <span class="dim small">{text('report.zone', { zone: zone() })}</span>
            </div>
            <div class="table-frame" tabIndex={0} role="group" aria-label={text('alerts.tab_report')}>
                <table>
                    <thead>
                        <tr>
                            <th>{text(`report.${length}`)}</th>
                            <th class="number">{text('report.alerts')}</th>
                            <th class="number">{text('report.groups')}</th>
                            <th class="number">{text('report.succeeded')}</th>
                            {NUMBERS.map((name) => <th key={name} class="number">{text(`report.${name}`)}</th>)}
                            <th><span class="hidden-text">{text('report.share')}</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {loaded.value.periods.map((period) => (
                            <tr key={period.period}>
                                <th scope="row">{period.period}</th>
                                <td class="number">{number(period.alerts)}</td>
                                <td class="number">{number(period.groups)}</td>
                                <td class="number">{number(period.succeeded)}</td>
                                {NUMBERS.map((name) => <td key={name} class="number">{number(period[name])}</td>)}
                                <td class="drawn"><Share period={period} /></td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </div>
    );
}
