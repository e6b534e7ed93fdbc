// Bursts: groups of one source, victim host or category that followed close on each other. A level
// above the groups of the board, to see what belongs together; nothing is decided by them.
import type { JSX } from 'preact';
import { useGathered, useText } from '../app';
import { number } from '../format';
import { DayAndTime, Notice, Waiting } from '../parts';
import type { MessageKey } from '../text';
import type { Burst, BurstGroup } from '../types_alerts';

const COLUMNS: MessageKey[] = ['alerts.time', 'bursts.until', 'bursts.first', 'alerts.from'];
const NUMBERS: MessageKey[] = ['bursts.groups', 'bursts.alerts', 'bursts.rules', 'bursts.destinations'];

// The groups of one burst, each with its place on the board.
function Groups({ burst }: { burst: number }): JSX.Element {
    const loaded = useGathered<{ groups: BurstGroup[] }>(`/api/alerts/bursts/${burst}`);
    if (!loaded.value) {
        return <Waiting loaded={loaded} />;
    }
    return (
        <ol class="burst-groups">
            {loaded.value.groups.map((group, i, groups) => (
                <li key={group.group}>
                    <DayAndTime at={group.first} before={groups[i - 1]?.first} />{' '}
                    <a href={`#/alerts/${group.group}`}>{group.rule_name ?? `#${group.group}`}</a>
                    {group.count > 1 && <span class="dim"> ×{number(group.count)}</span>}
                    {group.destination_ip && <span class="dim"> → {group.destination_ip}{group.destination_port ? `:${group.destination_port}` : ''}</span>}
                </li>
            ))}
        </ol>
    );
}

function Row({ burst, before, opened }: { burst: Burst; before: Burst | undefined; opened: boolean }): JSX.Element {
    return (
        <>
            <tr class={`row${opened ? ' selected' : ''}`} data-burst={burst.burst}>
                <td><DayAndTime at={burst.first} before={before?.first} /></td>
                <td><DayAndTime at={burst.last} before={burst.first} /></td>
                <td class="alert-name"><a href={`#/alerts/bursts${opened ? '' : `/${burst.burst}`}`} aria-expanded={opened}>{burst.rule_name ?? burst.class ?? `#${burst.burst}`}</a></td>
                <td>{burst.source_ip ?? burst.host_name ?? ''}</td>
                {[burst.groups, burst.count, burst.rules, burst.destinations].map((value, i) => <td key={i} class="number">{number(value)}</td>)}
            </tr>
            {opened && <tr><td colSpan={COLUMNS.length + NUMBERS.length}><Groups burst={burst.burst} /></td></tr>}
        </>
    );
}

export function Bursts({ opened }: { opened: number | null }): JSX.Element {
    const text = useText();
    const loaded = useGathered<{ bursts: Burst[] }>('/api/alerts/bursts');
    if (!loaded.value) {
        return <Waiting loaded={loaded} />;
    }
    const bursts = loaded.value.bursts;
    if (bursts.length === 0) {
        return <Notice title="alerts.nothing" what="alerts.nothing_do" />;
    }
    return (
        <>
            <p class="dim">{text('bursts.what')}</p>
            <div class="table-frame" tabIndex={0} role="group" aria-label={text('alerts.tab_bursts')}>
                <table class="bursts">
                    <thead>
                        <tr>
                            {COLUMNS.map((column) => <th key={column}>{text(column)}</th>)}
                            {NUMBERS.map((column) => <th key={column} class="number">{text(column)}</th>)}
                        </tr>
                    </thead>
                    <tbody>
                        {bursts.map((burst, i) => <Row key={burst.burst} burst={burst} before={bursts[i - 1]} opened={burst.burst === opened} />)}
                    </tbody>
                </table>
            </div>
        </>
    );
}
