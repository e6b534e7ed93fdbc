// An Android application: two traffic lights with their reasons, then what it asks for and shows.
import type { JSX } from 'preact';
import { useApp, useText } from '../app';
import { number } from '../format';
import { messages, type MessageKey } from '../text';
import type { ApkPanel, Light } from '../types_samples';
import { Weights } from './packer_panel';

const LIGHTS = ['red', 'amber', 'green'] as const;

// The server says it in English; a name that the console doesn't know stays so.
function useFinding(): (finding: Light['findings'][number]) => string {
    const { language } = useApp();
    const text = useText();
    return ({ name, what }) => (language !== 'en' && `finding.${name}` in messages ? text(`finding.${name}` as MessageKey) : what);
}

// The colour is also said by place, and in words.
function TrafficLight({ title, light }: { title: MessageKey; light: Light }): JSX.Element {
    const text = useText();
    const found = useFinding();
    return (
        <section class="traffic" aria-label={text(title)}>
            <svg width="28" height="76" viewBox="0 0 28 76" role="img" aria-label={text(`light.${light.light}`)}>
                <rect class="post" x="0.5" y="0.5" width="27" height="75" rx="6" />
                {LIGHTS.map((name, i) => (
                    <circle key={name} class={name === light.light ? `lit-${name}` : 'unlit'} cx="14" cy={14 + 24 * i} r="9" />
                ))}
            </svg>
            <div>
                <h3>{text(title)}</h3>
                <p class={`light-word light-${light.light}`}>
                    {text(`light.${light.light}`)}
                    {light.probability !== undefined && ` · ${(100 * light.probability).toFixed(0)} %`}
                </p>
                <ul class="sentences">
                    {light.findings.map((finding) => (
                        <li key={finding.name} class={finding.weight > 2 ? 'heavy' : undefined}>
                            {found(finding)}
                            {finding.reference && <span class="chip">{finding.reference}</span>}
                            {finding.evidence.length > 0 && (
                                <span class="dim small evidence-words">
                                    {finding.evidence.join(', ')}
                                    {finding.more > 0 && ` +${number(finding.more)}`}
                                </span>
                            )}
                        </li>
                    ))}
                </ul>
                {light.reasons && <Weights reasons={light.reasons.map(({ name, weight }) => ({ text: name.replace('android.permission.', ''), weight }))} />}
            </div>
        </section>
    );
}

function Permissions({ panel }: { panel: ApkPanel }): JSX.Element | null {
    const text = useText();
    const permissions = panel.permissions ?? [];
    return permissions.length ? (
        <details open={permissions.length <= 12}>
            <summary>{text('apk.permissions', { n: number(permissions.length) })}</summary>
            <ul class="names">
                {permissions.map((name) => <li key={name}><code>{name}</code></li>)}
            </ul>
        </details>
    ) : null;
}

function Components({ panel }: { panel: ApkPanel }): JSX.Element | null {
    const text = useText();
    const all = panel.components ?? [];
    const open = all.filter((component) => component.exported);
    return all.length ? (
        <details>
            <summary>{text('apk.components', { n: number(all.length), open: number(open.length) })}</summary>
            <ul class="names">
                {all.map((component, i) => (
                    <li key={i}>
                        <span class="dim">{component.kind}</span> <code>{component.name}</code>{' '}
                        {component.exported && <span class="chip">{text('apk.exported')}</span>}
                    </li>
                ))}
            </ul>
        </details>
    ) : null;
}

export function Apk({ panel }: { panel: ApkPanel }): JSX.Element {
    const text = useText();
    const about = [panel.package, panel.version, panel.target_sdk && `SDK ${panel.target_sdk}`].filter(Boolean).join(' · ');
    return (
        <>
            <p class="lead">{panel.label ? `${panel.label} · ${about}` : about}</p>
            {(panel.threat || panel.vulnerability) && (
                <div class="traffics">
                    {panel.threat && <TrafficLight title="apk.threat" light={panel.threat} />}
                    {panel.vulnerability && <TrafficLight title="apk.vulnerability" light={panel.vulnerability} />}
                </div>
            )}
            {(panel.refused ?? []).map((item) => (
                <p key={item.part} class="cut">{text('apk.refused', { part: item.part, why: item.why })}</p>
            ))}
            <Permissions panel={panel} />
            <Components panel={panel} />
            {(panel.signers ?? []).map((signer, i) => (
                <p key={i} class="small">
                    {text(signer.verified ? 'apk.signed' : 'apk.signed_badly', { scheme: signer.scheme, who: signer.subject })}
                    {signer.debug && <span class="chip">{text('apk.debug_key')}</span>}
                </p>
            ))}
        </>
    );
}
