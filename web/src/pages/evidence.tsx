// The stored events a case rests on: the row, and behind it every field.
import { Fragment, type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { traceAddress, useLoaded, useText } from '../app';
import { baseName, number } from '../format';
import { DayAndTime, HostLink, Waiting } from '../parts';
import type { EventRow } from '../types';

const MOST = 256;

const say = (row: EventRow, name: string): string => String(row[name] ?? '');

// What was acted on: the first of these that the event names.
const OBJECTS = [
    'target_process_executable', 'registry_path', 'dll_path', 'file_path', 'dns_question_name',
    'destination_ip', 'service_name', 'user_target_name', 'script_text', 'process_command_line',
];

function objectOf(row: EventRow): string {
    const name = OBJECTS.find((item) => say(row, item) !== '');
    const port = name === 'destination_ip' && row['destination_port'] ? `:${row['destination_port']}` : '';
    return name ? say(row, name) + port : '';
}

const TRACEABLE = new Set([
    'process_entity_id', 'process_parent_entity_id', 'target_process_entity_id', 'file_path', 'dll_path',
    'registry_path', 'source_ip', 'destination_ip', 'dns_question_name', 'destination_domain', 'hash', 'host_name',
]);

function Fields({ row }: { row: EventRow }): JSX.Element {
    return (
        <dl class="fields">
            {Object.entries(row)
                .filter(([, value]) => value !== null && value !== '')
                .map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{TRACEABLE.has(name) ? <a href={traceAddress(String(value))}>{value}</a> : value}</dd>
                    </div>
                ))}
        </dl>
    );
}

function Row({ row, before }: { row: EventRow; before: EventRow | undefined }): JSX.Element {
    const text = useText();
    const [open, setOpen] = useState(false);
    return (
        <Fragment>
            <tr class="row" onClick={() => setOpen(!open)}>
                <td>
                    <button type="button" class="fold" aria-expanded={open} aria-label={text('event.fields')}>
                        {open ? '▾' : '▸'}
                    </button>
                    <DayAndTime at={say(row, 'time')} before={before && say(before, 'time')} />
                </td>
                <td onClick={(event) => event.stopPropagation()}>
                    <HostLink name={say(row, 'host_name')} />
                </td>
                <td>{`${say(row, 'event_category')} ${say(row, 'event_action')}`}</td>
                <td>{say(row, 'user_name')}</td>
                <td title={say(row, 'process_executable')}>{baseName(say(row, 'process_executable'))}</td>
                <td class="long" title={objectOf(row)}>
                    {objectOf(row)}
                </td>
            </tr>
            {open && (
                <tr class="opened">
                    <td colSpan={6}>
                        <Fields row={row} />
                    </td>
                </tr>
            )}
        </Fragment>
    );
}

export function Evidence({ ids }: { ids: string[] }): JSX.Element {
    const text = useText();
    const asked = ids.slice(0, MOST);
    const loaded = useLoaded<{ events: EventRow[] }>(asked.length ? `/api/events?ids=${asked.join(',')}` : null);
    if (asked.length === 0 || loaded.value?.events.length === 0) {
        return <p class="dim">{text('case.evidence_none')}</p>;
    }
    if (!loaded.value) {
        return <Waiting loaded={loaded} />;
    }
    const events = [...loaded.value.events].sort((a, b) => say(a, 'time').localeCompare(say(b, 'time')));
    return (
        <div class="table-frame" tabIndex={0} role="group" aria-label={text('case.evidence')}>
            <table>
                <caption class="hidden-text">{text('case.evidence_rows', { n: number(events.length) })}</caption>
                <thead>
                    <tr>
                        <th>{text('event.time')}</th>
                        <th>{text('event.host')}</th>
                        <th>{text('event.what')}</th>
                        <th>{text('event.user')}</th>
                        <th>{text('event.process')}</th>
                        <th>{text('event.object')}</th>
                    </tr>
                </thead>
                <tbody>
                    {events.map((row, i) => (
                        <Row key={`${say(row, 'event_source')}:${say(row, 'event_offset')}`} row={row} before={events[i - 1]} />
                    ))}
                </tbody>
            </table>
        </div>
    );
}
