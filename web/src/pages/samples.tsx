// Samples: drop a file, and see what came before.
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ApiError, send } from '../api';
import { go, sampleAddress, useCollected, useKeys, useText } from '../app';
import { bytes, number } from '../format';
import { Notice, Time, Waiting } from '../parts';
import type { SampleDetail, SampleList, SampleRow } from '../types_samples';

const MOST = 64 * 1024 * 1024;
const STEP = 100;

// What a row says of a sample in a word or two.
export function Marks({ row }: { row: SampleRow }): JSX.Element {
    const text = useText();
    return (
        <span class="line marks">
            {row.failed && <span class="chip loud">{text('sample.failed')}</span>}
            {row.packers.map((name) => (
                <span key={name} class="chip">
                    {name === 'unknown' ? text('sample.packed_unknown') : name}
                </span>
            ))}
            {row.threat && <span class={`chip light-${row.threat}`}>{text(`threat.${row.threat}`)}</span>}
            {row.rules > 0 && <span class="chip loud">{text('samples.rules', { n: number(row.rules) })}</span>}
        </span>
    );
}

interface Sending {
    state: { name: string; of: number; done: number } | null;
    failure: string | null;
    take: (files: FileList | null | undefined) => void;
}

// One file after the other; a single one opens when it is done.
function useSending(done: () => void): Sending {
    const text = useText();
    const [state, setState] = useState<Sending['state']>(null);
    const [failure, setFailure] = useState<string | null>(null);
    async function run(files: File[]): Promise<void> {
        for (const [i, file] of files.entries()) {
            setState({ name: file.name, of: files.length, done: i });
            if (file.size > MOST) {
                throw new ApiError(413, text('samples.too_large', { name: file.name }));
            }
            const { sample } = await send<SampleDetail>(`/api/samples?name=${encodeURIComponent(file.name)}`, file);
            if (files.length === 1) {
                go(sampleAddress(sample.sha256));
            }
        }
    }
    const take = (list: FileList | null | undefined): void => {
        const files = [...(list ?? [])];
        if (!files.length || state) {
            return;
        }
        setFailure(null);
        run(files)
            .catch((error: unknown) => setFailure(error instanceof ApiError ? error.message : String(error)))
            .finally(() => {
                setState(null);
                done();
            });
    };
    return { state, failure, take };
}

function Drop({ sending }: { sending: Sending }): JSX.Element {
    const text = useText();
    const field = useRef<HTMLInputElement>(null);
    const [over, setOver] = useState(false);
    useKeys({ n: () => field.current?.click() });
    return (
        <div
            class={over ? 'drop over' : 'drop'}
            onDragOver={(event) => {
                event.preventDefault();
                setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
                event.preventDefault();
                setOver(false);
                sending.take(event.dataTransfer?.files);
            }}
        >
            <p role="status">
                {sending.state
                    ? text('samples.looking', { name: sending.state.name, n: sending.state.done + 1, of: sending.state.of })
                    : text('samples.drop')}
            </p>
            <button type="button" class="button primary" disabled={!!sending.state} onClick={() => field.current?.click()}>
                {text('samples.choose')}
            </button>
            <input
                ref={field}
                class="hidden-text"
                type="file"
                multiple
                tabIndex={-1}
                aria-label={text('samples.choose')}
                onChange={(event) => {
                    sending.take(event.currentTarget.files);
                    event.currentTarget.value = '';
                }}
            />
            <p class="dim small">{text('samples.never_run')}</p>
        </div>
    );
}

function Rows({ list }: { list: SampleList }): JSX.Element {
    const text = useText();
    return (
        <div class="table-frame" tabIndex={0} role="group" aria-label={text('samples.title')}>
            <table class="samples">
                <thead>
                    <tr>
                        <th>{text('samples.name')}</th>
                        <th>{text('samples.found')}</th>
                        <th class="number">{text('samples.size')}</th>
                        <th class="number">{text('samples.files')}</th>
                        <th>{text('samples.type')}</th>
                        <th>{text('samples.last')}</th>
                    </tr>
                </thead>
                <tbody>
                    {list.samples.map((row) => (
                        <tr key={row.sha256} class="row" onClick={() => go(sampleAddress(row.sha256))}>
                            <th class="long">
                                <a href={sampleAddress(row.sha256)}>{row.name || row.sha256.slice(0, 12)}</a>
                            </th>
                            <td>
                                <Marks row={row} />
                            </td>
                            <td class="number">{bytes(row.size)}</td>
                            <td class="number">{number(row.files)}</td>
                            <td class="long" title={row.type ?? ''}>{row.type}</td>
                            <td>
                                <Time at={row.last} />
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

export function Samples({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const wanted = query.get('text') ?? '';
    const limit = Math.min(1000, Number(query.get('limit')) || STEP);
    const loaded = useCollected<SampleList>(`/api/samples?limit=${limit}&text=${encodeURIComponent(wanted)}`);
    const sending = useSending(loaded.reload);
    const list = loaded.value;
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('samples.title')}</h1>
                <form
                    class="line"
                    role="search"
                    onSubmit={(event) => {
                        event.preventDefault();
                        const value = String(new FormData(event.currentTarget).get('text') ?? '');
                        go(`#/samples${value ? `?text=${encodeURIComponent(value)}` : ''}`);
                    }}
                >
                    <input name="text" type="search" defaultValue={wanted} key={wanted} aria-label={text('samples.search')} placeholder={text('samples.search')} />
                </form>
                {list && <span class="dim">{text('samples.total', { n: number(list.total) })}</span>}
            </div>
            <Drop sending={sending} />
            {sending.failure && <p role="alert" class="failure">{sending.failure}</p>}
            {!list ? <Waiting loaded={loaded} />
                : list.samples.length ? <Rows list={list} />
                : <Notice title="samples.none" what={wanted ? 'samples.none_such' : 'samples.none_do'} />}
            {list && list.total > list.samples.length && (
                <a class="more" href={`#/samples?limit=${limit + STEP}${wanted ? `&text=${encodeURIComponent(wanted)}` : ''}`}>
                    {text('cases.more', { n: number(list.total - list.samples.length) })}
                </a>
            )}
        </section>
    );
}
