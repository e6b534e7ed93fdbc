// Arcs on a page: the lines, what travels on them, and how fast it is painted.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useApp, useText } from './app';
import { arcLayer, paintStill, type ArcLayer, type ArcShape } from './arcs';

interface ArcsProps {
    arcs: ArcShape[];
    width: number;
    height: number;
    polar: boolean;
}

// "#1c5cb8" of a style's variable → 0 to 1 each.
export function colourOf(variable: string): [number, number, number] {
    const value = getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
    const part = (at: number): number => parseInt(value.slice(at, at + 2), 16) / 255;
    return [part(1), part(3), part(5)];
}

const still = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

const WANTED = 55; // frames a second
const LEAST = 1 / 16; // of what travels
const SLOW = 12; // frames a second
const PATIENCE = 4; // such seconds one after the other

// How many of the arcs carry something that travels, after a second of so many frames.
export function nextShare(share: number, framesPerSecond: number): number {
    return framesPerSecond < WANTED ? Math.max(LEAST, share * Math.max(0.5, framesPerSecond / 60)) : Math.min(1, share * 1.05);
}

// How much of each frame is our own work, told where a test (or the curious) finds it. Where the
// processor has to paint, fewer arcs move until it keeps up; when even the least are too many for
// some seconds, it has better things to do all day: `onSlow`.
function governor(canvas: HTMLCanvasElement, onSlow: () => void): { share: () => number; told: (work: number) => void } {
    let [frames, total, slow, share] = [0, 0, 0, 1];
    let since = performance.now();
    const judge = (framesPerSecond: number): void => {
        slow = share === LEAST && framesPerSecond < SLOW ? slow + 1 : 0;
        share = nextShare(share, framesPerSecond);
        Object.assign(canvas.dataset, { framesPerSecond: framesPerSecond.toFixed(1), workPerFrame: (total / frames).toFixed(3), share: share.toFixed(3) });
        if (slow === PATIENCE) {
            onSlow();
        }
    };
    const told = (work: number): void => {
        frames++;
        total += work;
        const now = performance.now();
        if (now - since >= 1000) {
            judge((1000 * frames) / (now - since));
            frames = total = 0;
            since = now;
        }
    };
    return { share: () => share, told };
}

export function Arcs({ arcs, width, height, polar }: ArcsProps): JSX.Element {
    const text = useText();
    const { paused } = useApp();
    const lines = useRef<HTMLCanvasElement>(null);
    const heads = useRef<HTMLCanvasElement>(null);
    const [missing, setMissing] = useState(false);
    const [slow, setSlow] = useState(false);
    const layers = useRef<{ still: ArcLayer; moving: ArcLayer } | null>(null);
    // Made once a page: what changes is only the list of arcs.
    useEffect(() => {
        const painted = arcLayer(lines.current!, { width, height, polar, span: 1, thickness: 1.1 });
        const moving = arcLayer(heads.current!, { width, height, polar, span: 0.12, thickness: 1.6 });
        layers.current = painted && moving && { still: painted, moving };
        setMissing(!layers.current);
        return () => {
            painted?.close();
            moving?.close();
        };
    }, [width, height, polar]);
    useEffect(() => {
        if (!layers.current) {
            paintStill(lines.current!, arcs, width, polar);
            return;
        }
        layers.current.still.set(arcs);
        layers.current.still.draw(0);
        layers.current.moving.set(arcs.filter((arc) => arc.speed > 0).map((arc) => ({ ...arc, strength: arc.head })));
    }, [arcs, width, height, polar]);
    useEffect(() => {
        if (paused || slow || !layers.current || still()) {
            layers.current?.moving.clear();
            return undefined;
        }
        const { share, told } = governor(heads.current!, () => setSlow(true));
        let frame = 0;
        const paint = (): void => {
            const began = performance.now();
            layers.current?.moving.draw(began / 1000, share());
            told(performance.now() - began);
            frame = requestAnimationFrame(paint);
        };
        paint();
        return () => cancelAnimationFrame(frame);
    }, [paused, slow]);
    const scale = Math.min(2, window.devicePixelRatio);
    return (
        <>
            <canvas ref={lines} class="arcs" aria-hidden="true" width={width * scale} height={height * scale} />
            <canvas ref={heads} class="arcs moving" aria-hidden="true" data-arcs={arcs.length} width={width} height={height} />
            {(missing || slow) && <p class="no-webgl dim small">{text(missing ? 'darknet.no_webgl' : 'darknet.slow')}</p>}
        </>
    );
}
