// One sample: what it is and holds, and of each file in it what every analysis says.
import type { ComponentChildren, JSX } from 'preact';
import { download } from '../api';
import { caseAddress, go, huntAddress, sampleAddress, useKeys, useLoaded, useSaid, useText } from '../app';
import { bytes, number } from '../format';
import { HostLink, Time, Waiting } from '../parts';
import type { MessageKey } from '../text';
import type { BoundMet, Capability, FamilyPanel, SampleDetail, SampleFile, SampleLinks, YaraPanel } from '../types_samples';
import { Apk } from './apk_panel';
import { Part } from './case';
import { Packer, Weights } from './packer_panel';

const BOUNDS = ['depth', 'members', 'size', 'total', 'ratio', 'encrypted', 'broken', 'files', 'time', 'report'] as const;

// What was not looked at, said where it counts.
function Bounds({ bounds, leftOut }: { bounds: BoundMet[]; leftOut: number }): JSX.Element | null {
    const text = useText();
    const known = (bound: string): string | undefined => BOUNDS.find((name) => name === bound);
    if (bounds.length === 0 && leftOut === 0) {
        return null;
    }
    return (
        <ul class="bounds" role="note">
            {bounds.map(({ bound, why }) => (
                <li key={bound} class="cut">{known(bound) ? text(`bound.${bound}` as MessageKey) : why}</li>
            ))}
            {leftOut > 0 && <li class="cut">{text('sample.left_out', { n: number(leftOut) })}</li>}
        </ul>
    );
}

function FileMarks({ file }: { file: SampleFile }): JSX.Element {
    const text = useText();
    const hits = file.yara ? file.yara.matches.length + file.yara.more : 0;
    return (
        <span class="line marks">
            {file.locked && <span class="chip">{text('sample.locked')}</span>}
            {file.link && <span class="chip">{text('sample.link')}</span>}
            {file.outside && <span class="chip loud">{text('sample.outside')}</span>}
            {file.cut && !file.locked && <span class="chip">{text('sample.cut')}</span>}
            {file.packer && file.packer.packer !== 'none' && (
                <span class="chip">{file.packer.packer === 'unknown' ? text('sample.packed_unknown') : file.packer.packer}</span>
            )}
            {file.apk?.package && <span class="chip">{file.apk.package}</span>}
            {hits > 0 && <span class="chip loud">{text('samples.rules', { n: number(hits) })}</span>}
        </span>
    );
}

function Files({ detail, chosen }: { detail: SampleDetail; chosen: number }): JSX.Element {
    const text = useText();
    const { report } = detail;
    return (
        <div class="table-frame sample-files" tabIndex={0} role="group" aria-label={text('sample.files')}>
            <table>
                <thead>
                    <tr>
                        <th>{text('samples.name')}</th>
                        <th>{text('samples.found')}</th>
                        <th class="number">{text('samples.size')}</th>
                        <th>{text('samples.type')}</th>
                    </tr>
                </thead>
                <tbody>
                    {report.files.map((file) => (
                        <tr key={file.number} class={file.number === chosen ? 'row selected' : 'row'} onClick={() => go(sampleAddress(report.sha256, file.number))}>
                            <th class="long" style={{ paddingLeft: `${12 + 16 * (file.depth ?? 0)}px` }}>
                                <a href={sampleAddress(report.sha256, file.number)} aria-current={file.number === chosen ? 'true' : undefined}>
                                    {file.path || file.sha256.slice(0, 12)}
                                </a>
                            </th>
                            <td>
                                <FileMarks file={file} />
                            </td>
                            <td class="number">{bytes(file.size)}</td>
                            <td class="long" title={file.type ?? ''}>{file.type}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Yara({ panel }: { panel: YaraPanel }): JSX.Element {
    const text = useText();
    return (
        <>
            {panel.matches.length === 0 && <p class="dim">{text('sample.no_rule')}</p>}
            <ul class="rules">
                {panel.matches.map((match) => (
                    <li key={`${match.file} ${match.rule}`}>
                        <p class="line">
                            <strong>{match.rule}</strong>
                            <span class="dim small">{match.file}</span>
                            {match.tags.split(' ').filter(Boolean).map((tag) => <span key={tag} class="chip">{tag}</span>)}
                        </p>
                        {match.description && <p>{match.description}</p>}
                        {match.strings.length > 0 && (
                            <p class="small dim">
                                {match.strings.map((item) => `${item.name} 0x${item.offset.toString(16)}${item.places > 1 ? ` ×${item.places}` : ''}`).join(', ')}
                            </p>
                        )}
                    </li>
                ))}
            </ul>
            {panel.more > 0 && <p class="cut">{text('sample.more_rules', { n: number(panel.more) })}</p>}
            {panel.late && <p class="cut">{text('sample.rules_late')}</p>}
        </>
    );
}

function Links({ links }: { links: SampleLinks }): JSX.Element {
    const text = useText();
    const said = useSaid();
    const nowhere = links.events.length + links.cases.length + links.samples.length === 0;
    return (
        <>
            {nowhere && <p class="dim">{text('sample.nowhere')}</p>}
            <ul class="links-to">
                {links.cases.map((item) => (
                    <li key={`case ${item.id} ${item.digest}`}>
                        <a class="door" href={caseAddress(item.id)}>{text('case.number', { n: item.id })}</a> {said(item, 'title')}
                    </li>
                ))}
                {links.events.map((item) => (
                    <li key={`event ${item.digest}`}>
                        <a class="door" href={huntAddress(`SELECT time_text(time) AS time, host_name, user_name, event_category, event_action, process_executable, file_path, hash\nFROM events WHERE hash = '${item.digest}' ORDER BY time LIMIT 1000`)}>
                            {text(item.more ? 'sample.events_more' : 'sample.events', { n: number(item.count) })}
                        </a>{' '}
                        <span class="hosts">{item.hosts.map((host) => <HostLink key={host} name={host} />)}</span>{' '}
                        <Time at={item.last} />
                    </li>
                ))}
                {links.samples.map((item) => (
                    <li key={`sample ${item.sha256} ${item.path}`}>
                        <a class="door" href={sampleAddress(item.sha256)}>{item.name || item.sha256.slice(0, 12)}</a>{' '}
                        <span class="dim small">{item.path}</span>
                    </li>
                ))}
            </ul>
        </>
    );
}

function Names({ file }: { file: SampleFile }): JSX.Element {
    const text = useText();
    const rows: [string, ComponentChildren][] = [
        ['SHA-256', file.sha256], ['SHA-1', file.sha1], ['MD5', file.md5],
        [text('samples.size'), number(file.size)], [text('samples.type'), file.type ?? ''], ['MIME', file.mime ?? ''],
    ];
    return (
        <dl class="fields">
            {rows.filter(([, value]) => value).map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
            {file.archive && (
                <div>
                    <dt>{text('sample.archive')}</dt>
                    <dd>{text(file.archive.password ? 'sample.archive_password' : 'sample.archive_is', { format: file.archive.format, n: number(file.archive.members) })}</dd>
                </div>
            )}
        </dl>
    );
}

function Family({ panel }: { panel: FamilyPanel }): JSX.Element {
    const text = useText();
    const sure = `${(100 * panel.confidence).toFixed(1)} %`;
    return (
        <>
            <p class="lead">
                <strong>{panel.family === 'unknown' ? text('sample.family_unknown', { sure }) : text('sample.family_is', { name: panel.family, sure })}</strong>
            </p>
            <p class="line">
                {panel.likely.map((item) => <span key={item.family} class="chip">{item.family} {(100 * item.share).toFixed(0)} %</span>)}
            </p>
            {panel.nearest && <p class="dim">{text('sample.nearest', { name: panel.nearest.name, family: panel.nearest.family, n: panel.nearest.likeness.toFixed(2) })}</p>}
            <Weights reasons={panel.reasons} />
        </>
    );
}

// Indicators that a sandbox's report meets, with what met them.
function Met({ list }: { list: NonNullable<SampleFile['ioc']> }): JSX.Element {
    const text = useText();
    return (
        <>
            {list.length === 0 && <p class="dim">{text('sample.ioc_none')}</p>}
            <ul class="rules">
                {list.map(({ indicator, seen }) => (
                    <li key={indicator.id} title={indicator.why}>
                        <span class="chip loud">{indicator.family}</span>{' '}
                        {indicator.parts.map((part, i) => (
                            <span key={i}>
                                <span class="dim small">{part.kind}</span> <code>{seen[i] ?? part.mask}</code>{' '}
                            </span>
                        ))}
                    </li>
                ))}
            </ul>
        </>
    );
}

function Capabilities({ list }: { list: Capability[] }): JSX.Element {
    const text = useText();
    return (
        <ul class="rules">
            {list.map((item) => (
                <li key={item.capability}>
                    <details>
                        <summary>
                            {item.capability} <span class={item.basis === 'seen' ? 'chip loud' : 'chip'}>{text(`basis.${item.basis}`)}</span>{' '}
                            {item.attack.map(({ technique, tactic }) => <span key={technique + tactic} class="chip" title={tactic}>{technique}</span>)}
                        </summary>
                        <ul class="names">
                            {item.evidence.map((proof, i) => (
                                <li key={i}>
                                    <span class="dim small">{proof.source}{proof.offset !== undefined && ` 0x${proof.offset.toString(16)}`}</span> <code>{proof.text}</code>
                                </li>
                            ))}
                        </ul>
                    </details>
                </li>
            ))}
        </ul>
    );
}

// One panel an analysis, in the order of what people ask first.
function Panels({ file }: { file: SampleFile }): JSX.Element {
    const text = useText();
    const none = !file.packer && !file.yara && !file.apk && !file.capabilities && !file.family && !file.ioc;
    return (
        <>
            {file.apk && <Part title="sample.apk" id="apk"><Apk panel={file.apk} /></Part>}
            {file.packer && <Part title="sample.packer" id="packer"><Packer panel={file.packer} /></Part>}
            {file.family && <Part title="sample.family" id="family"><Family panel={file.family} /></Part>}
            {file.ioc && <Part title="sample.ioc" id="ioc"><Met list={file.ioc} /></Part>}
            {file.capabilities && <Part title="sample.capabilities" id="capabilities"><Capabilities list={file.capabilities} /></Part>}
            {file.yara && <Part title="sample.yara" id="yara"><Yara panel={file.yara} /></Part>}
            {none && <p class="dim hint">{text('sample.no_panel')}</p>}
        </>
    );
}

function Head({ detail }: { detail: SampleDetail }): JSX.Element {
    const text = useText();
    const { sample, report } = detail;
    return (
        <header class="case-head">
            <p class="line dim">
                <a href="#/samples">{text('nav.samples')}</a>
                <span aria-hidden="true">▸</span>
                <code>{sample.sha256.slice(0, 16)}</code>
            </p>
            <h1>{sample.name || sample.sha256.slice(0, 16)}</h1>
            <p class="manager">{report.failed ? <span class="failure">{text('sample.failed')}: {report.failed}</span> : sample.type}</p>
            <p class="line dim">
                <span>{bytes(sample.size)}</span>
                <span>{text('sample.came', { n: number(sample.times) })} <Time at={sample.last} /></span>
                <span>{text(sample.kept ? 'sample.kept' : 'sample.not_kept')}</span>
                <button type="button" class="link" onClick={() => void download(`/api/samples/${sample.sha256}`, `${sample.sha256}.json`)}>{text('sample.json')}</button>
            </p>
            <Bounds bounds={report.bounds} leftOut={report.left_out} />
        </header>
    );
}

export function SamplePage({ sha256, query }: { sha256: string; query: URLSearchParams }): JSX.Element {
    const loaded = useLoaded<SampleDetail>(`/api/samples/${encodeURIComponent(sha256)}`);
    const detail = loaded.value;
    const files = detail?.report.files ?? [];
    const chosen = Number(query.get('file')) || 0;
    const at = files.findIndex((file) => file.number === chosen);
    const step = (by: number) => () => {
        const next = files[Math.min(files.length - 1, Math.max(0, at + by))];
        if (next) {
            go(sampleAddress(sha256, next.number));
        }
    };
    useKeys({ j: step(1), k: step(-1), Escape: () => go('#/samples') });
    const file = files[at];
    if (!detail || !file) {
        return <Waiting loaded={loaded} />;
    }
    return (
        <article class="sample">
            <Head detail={detail} />
            {files.length > 1 && <Files detail={detail} chosen={chosen} />}
            <div class="columns">
                <div>
                    <Panels file={file} />
                </div>
                <aside>
                    <Part title="sample.names" id="names"><Names file={file} /></Part>
                    <Part title="sample.elsewhere" id="elsewhere"><Links links={detail.links} /></Part>
                </aside>
            </div>
        </article>
    );
}
