// Who packed an executable: the verdict, the entropy, the sections, the routine that runs first.
import type { JSX } from 'preact';
import { useText } from '../app';
import { bytes } from '../format';
import type { PackerPanel, Section } from '../types_samples';

const hex = (value: number): string => `0x${value.toString(16)}`;

// Bars from the start of the file to its end; 8 bits a byte is what packing and encryption give.
export function EntropyMap({ map, mean }: { map: number[]; mean: number }): JSX.Element {
    const text = useText();
    return (
        <figure class="entropy-map">
            <svg viewBox={`0 0 ${Math.max(1, map.length)} 8`} preserveAspectRatio="none" role="img" aria-label={text('sample.entropy_is', { n: mean.toFixed(2) })}>
                {map.map((value, i) => (
                    <rect key={i} class={value > 7.2 ? 'dense' : value > 6.5 ? 'full' : 'thin'} x={i} y={8 - value} width="0.9" height={value} />
                ))}
            </svg>
            <figcaption class="dim small">{text('sample.entropy_is', { n: mean.toFixed(2) })}</figcaption>
        </figure>
    );
}

const RIGHTS = ['read', 'write', 'execute'] as const;

function SectionRow({ section, most }: { section: Section; most: number }): JSX.Element {
    const text = useText();
    const odd = section.write && section.execute;
    return (
        <tr class={section.entry ? 'entry' : undefined}>
            <th>
                <code>{section.name || '–'}</code>
                {section.entry && <span class="chip">{text('sample.entry')}</span>}
            </th>
            <td class={odd ? 'loud' : undefined} title={odd ? text('sample.write_execute') : undefined}>
                <code>{RIGHTS.map((right) => (section[right] ? right[0] : '-')).join('').replace('e', 'x')}</code>
            </td>
            <td class="number">{bytes(section.size)}</td>
            <td class="number">{bytes(section.memory)}</td>
            <td class="number">{section.entropy.toFixed(2)}</td>
            <td class="drawn">
                <svg class="section-map" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="memory" width={(100 * section.memory) / most} height="10" />
                    {section.entropy_map.map((value, i) => {
                        const width = (100 * section.size) / most / section.entropy_map.length;
                        return <rect key={i} class={value > 7.2 ? 'dense' : value > 6.5 ? 'full' : 'thin'} x={i * width} width={width} y={10 - value * 1.25} height={value * 1.25} />;
                    })}
                </svg>
            </td>
        </tr>
    );
}

function Sections({ panel }: { panel: PackerPanel }): JSX.Element {
    const text = useText();
    const most = Math.max(1, ...panel.sections.map((section) => Math.max(section.memory, section.size)));
    return (
        <div class="table-frame" tabIndex={0} role="group" aria-label={text('sample.sections')}>
            <table class="sections">
                <thead>
                    <tr>
                        <th>{text('sample.section')}</th>
                        <th>{text('sample.rights')}</th>
                        <th class="number">{text('sample.in_file')}</th>
                        <th class="number">{text('sample.in_memory')}</th>
                        <th class="number">{text('sample.entropy')}</th>
                        <th>
                            <span class="hidden-text">{text('sample.entropy_map')}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {panel.sections.map((section, i) => (
                        <SectionRow key={i} section={section} most={most} />
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Routine({ panel }: { panel: PackerPanel }): JSX.Element {
    const text = useText();
    return (
        <details open={panel.packer !== 'none'}>
            <summary>{text('sample.routine', { n: panel.routine.length })}</summary>
            <pre class="routine" tabIndex={0} aria-label={text('sample.routine', { n: panel.routine.length })}>
                {panel.routine.map((step, i) => (
                    <span key={i} class={step.jumped ? 'jumped' : undefined}>
                        {`${step.jumped ? '→' : ' '} ${hex(step.address).padStart(12)}  ${step.text}\n`}
                    </span>
                ))}
            </pre>
        </details>
    );
}

export function packerSays(panel: PackerPanel, text: ReturnType<typeof useText>): string {
    const sure = `${(100 * panel.confidence).toFixed(1)} %`;
    return panel.packer === 'none' ? text('sample.not_packed', { sure })
        : panel.packer === 'unknown' ? text('sample.by_unknown', { nearest: panel.nearest, sure })
        : text('sample.packed_by', { name: panel.packer, sure });
}

// What a model's answer hangs on, most first: for it, or against it.
export function Weights({ reasons }: { reasons: { text: string; weight: number }[] }): JSX.Element | null {
    const text = useText();
    const heaviest = Math.max(...reasons.map((reason) => Math.abs(reason.weight)), 1e-9);
    return reasons.length ? (
        <>
            <h3>{text('sample.reasons')}</h3>
            <ul class="weights">
                {reasons.map((reason) => (
                    <li key={reason.text}>
                        <svg viewBox="0 0 60 8" aria-hidden="true">
                            <rect class={reason.weight < 0 ? 'against' : 'for'} width={(60 * Math.abs(reason.weight)) / heaviest} height="8" />
                        </svg>
                        <code>{reason.text}</code>
                    </li>
                ))}
            </ul>
        </>
    ) : null;
}

export function Packer({ panel }: { panel: PackerPanel }): JSX.Element {
    const text = useText();
    return (
        <>
            <p class="lead">
                <span class={`outcome outcome-${panel.packer === 'none' ? 'benign' : 'success'}`}>{packerSays(panel, text)}</span>
            </p>
            <EntropyMap map={panel.entropy_map} mean={panel.entropy} />
            <Sections panel={panel} />
            <Weights reasons={panel.reasons} />
            {panel.routine.length > 0 && <Routine panel={panel} />}
        </>
    );
}
