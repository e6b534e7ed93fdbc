// SQL over everything, read-only; the result as a table of which only what is in sight is drawn.
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError, download, post } from '../api';
import { go, huntAddress, traceAddress, useText } from '../app';
import { dateTimeOf, number } from '../format';
import { Failure, Key } from '../parts';
import type { MessageKey } from '../text';
import type { Cell, HuntAnswer } from '../types';

// The names of the columns, taken from src/model/observation.h when the console is built.
declare const OBSERVATION_FIELDS: string[];

const LIMIT = 100000;
const ROW = 28;
const AHEAD = 12;

const EXAMPLES: [MessageKey, string][] = [
    ['hunt.example_latest',
        "SELECT time_text(time) AS time, host_name, user_name, process_executable, process_command_line\nFROM events WHERE event_category = 'process' AND event_action = 'start'\nORDER BY time DESC LIMIT 500"],
    ['hunt.example_rare',
        "SELECT process_executable, count(DISTINCT host_name) AS hosts, count(*) AS starts, min(host_name) AS host\nFROM events WHERE event_category = 'process' AND event_action = 'start'\nGROUP BY 1 HAVING hosts = 1 ORDER BY starts LIMIT 500"],
    ['hunt.example_peers',
        "SELECT host_name, destination_ip, destination_port, count(*) AS connections\nFROM events WHERE event_category = 'network'\nGROUP BY 1, 2, 3 ORDER BY connections DESC LIMIT 500"],
    ['hunt.example_scripts',
        "SELECT time_text(time) AS time, host_name, user_name, script_text\nFROM events WHERE event_category = 'script' AND script_text LIKE '%Download%'\nORDER BY time LIMIT 500"],
    ['hunt.example_run_keys',
        "SELECT time_text(time) AS time, host_name, process_executable, registry_path, registry_data\nFROM events WHERE event_category = 'registry' AND registry_path LIKE '%\\Run\\%'\nORDER BY time LIMIT 500"],
    ['hunt.example_findings',
        'SELECT j.value AS technique, count(*) AS findings, count(DISTINCT case_id) AS cases\nFROM findings, json_each(attack) AS j GROUP BY 1 ORDER BY findings DESC'],
];

// Columns whose values lead somewhere.
const DOORS = new Set([
    'process_entity_id', 'process_parent_entity_id', 'target_process_entity_id', 'host_name', 'destination_ip',
    'source_ip', 'file_path', 'dll_path', 'registry_path', 'hash', 'dns_question_name',
]);

// Times are stored as nanoseconds since 1970.
function cellText(value: Cell): string {
    if (typeof value === 'string' && /^1[0-9]{18}$/.test(value)) {
        return dateTimeOf(new Date(Number(value.slice(0, 13))).toISOString());
    }
    return value === null ? '' : String(value);
}

function Cells({ row, columns }: { row: Cell[]; columns: string[] }): JSX.Element {
    return (
        <>
            {row.map((value, i) => {
                const shown = cellText(value);
                const name = columns[i] ?? '';
                return (
                    <td key={i} class={typeof value === 'number' ? 'number' : undefined} title={shown}>
                        {shown && DOORS.has(name) ? <a href={traceAddress(String(value))}>{shown}</a> : shown}
                    </td>
                );
            })}
        </>
    );
}

export function Table({ answer }: { answer: HuntAnswer }): JSX.Element {
    const text = useText();
    const frame = useRef<HTMLDivElement>(null);
    const [top, setTop] = useState(0);
    const height = 560;
    const first = Math.max(0, Math.floor(top / ROW) - AHEAD);
    const last = Math.min(answer.rows.length, Math.ceil((top + height) / ROW) + AHEAD);
    useLayoutEffect(() => {
        frame.current?.scrollTo(0, 0);
        setTop(0);
    }, [answer]);
    return (
        <div
            class="table-frame windowed"
            ref={frame}
            tabIndex={0}
            role="group"
            aria-label={text('hunt.results')}
            style={{ maxHeight: `${height}px` }}
            onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        >
            <table aria-rowcount={answer.rows.length + 1}>
                <thead>
                    <tr>
                        {answer.columns.map((name, i) => (
                            <th key={i}>{name}</th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {first > 0 && <tr aria-hidden="true" style={{ height: `${first * ROW}px` }} />}
                    {answer.rows.slice(first, last).map((row, i) => (
                        <tr key={first + i} aria-rowindex={first + i + 2}>
                            <Cells row={row} columns={answer.columns} />
                        </tr>
                    ))}
                    {last < answer.rows.length && <tr aria-hidden="true" style={{ height: `${(answer.rows.length - last) * ROW}px` }} />}
                </tbody>
            </table>
        </div>
    );
}

interface Hunting {
    answer: HuntAnswer | null;
    error: ApiError | null;
    running: boolean;
    run: (sql: string) => void;
}

function useHunt(): Hunting {
    const [state, setState] = useState<Omit<Hunting, 'run'>>({ answer: null, error: null, running: false });
    const asked = useRef(0);
    const run = (sql: string): void => {
        const mine = ++asked.current;
        setState((old) => ({ ...old, running: true }));
        post<HuntAnswer>('/api/hunt', { sql, limit: LIMIT }).then(
            (answer) => mine === asked.current && setState({ answer, error: null, running: false }),
            (error: unknown) =>
                mine === asked.current &&
                setState({ answer: null, error: error instanceof ApiError ? error : new ApiError(1, String(error)), running: false }),
        );
    };
    return { ...state, run };
}

function Examples(): JSX.Element {
    const text = useText();
    return (
        <aside>
            <section class="part">
                <h2>{text('hunt.examples')}</h2>
                <ul class="examples">
                    {EXAMPLES.map(([key, sql]) => (
                        <li key={key}>
                            <a href={huntAddress(sql)}>{text(key)}</a>
                        </li>
                    ))}
                </ul>
            </section>
            <details class="part">
                <summary>{text('hunt.columns')}</summary>
                <ul class="field-names">
                    {OBSERVATION_FIELDS.map((name) => (
                        <li key={name}>
                            <code>{name}</code>
                        </li>
                    ))}
                </ul>
            </details>
        </aside>
    );
}

export function Hunt({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const wanted = query.get('sql') ?? '';
    const [sql, setSql] = useState(wanted);
    const hunt = useHunt();
    useLayoutEffect(() => {
        setSql(wanted);
        if (wanted.trim()) {
            hunt.run(wanted);
        }
    }, [wanted]);
    const submit = (): void => {
        if (sql.trim() === wanted.trim()) {
            hunt.run(sql);
        } else {
            go(huntAddress(sql));
        }
    };
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('hunt.title')}</h1>
                <span class="dim">{text('hunt.sql')}</span>
            </div>
            <div class="hunt-page">
                <form
                    onSubmit={(event) => {
                        event.preventDefault();
                        submit();
                    }}
                >
                    <textarea
                        class="sql"
                        rows={6}
                        aria-label={text('hunt.sql')}
                        spellcheck={false}
                        value={sql}
                        onInput={(event) => setSql(event.currentTarget.value)}
                        onKeyDown={(event) => {
                            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                                event.preventDefault();
                                submit();
                            }
                        }}
                    />
                    <div class="line">
                        <button type="submit" class="button primary" disabled={!sql.trim() || hunt.running}>
                            {text(hunt.running ? 'hunt.running' : 'hunt.run')}
                        </button>
                        <Key name="Ctrl+Enter" />
                        <HuntSums hunt={hunt} />
                        <span class="gap" />
                        <button
                            type="button"
                            class="button"
                            disabled={!hunt.answer?.rows.length}
                            onClick={() => void download(`/api/hunt.csv?sql=${encodeURIComponent(wanted)}`, 'hunt.csv')}
                        >
                            {text('hunt.csv')}
                        </button>
                    </div>
                </form>
                <Examples />
            </div>
            <HuntResult hunt={hunt} />
        </section>
    );
}

function HuntSums({ hunt }: { hunt: Hunting }): JSX.Element | null {
    const text = useText();
    const { answer } = hunt;
    if (!answer) {
        return null;
    }
    return (
        <span class="dim" role="status">
            {text('hunt.rows', { n: number(answer.rows.length), seconds: answer.seconds.toFixed(2) })}
            {answer.truncated && <strong class="cut"> {text('hunt.cut', { n: number(answer.rows.length) })}</strong>}
        </span>
    );
}

function HuntResult({ hunt }: { hunt: Hunting }): JSX.Element {
    const text = useText();
    if (hunt.error && (hunt.error.status === 0 || hunt.error.status === 401)) {
        return <Failure error={hunt.error} retry={() => location.reload()} />;
    }
    if (hunt.error) {
        return (
            <p role="alert" class="failure sql-error">
                {hunt.error.message}
            </p>
        );
    }
    if (!hunt.answer) {
        return <p class="dim hint">{text(hunt.running ? 'hunt.running' : 'hunt.start')}</p>;
    }
    return hunt.answer.rows.length ? <Table answer={hunt.answer} /> : <p class="dim hint">{text('hunt.none')}</p>;
}
