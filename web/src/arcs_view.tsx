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

const SLOW = 12; // frames a second
const PATIENCE = 4; // such seconds one after the other

// How much of each frame is our own work, told where a test (or the curious) finds it. Where the
// processor has to paint, it has better things to do all day: after some slow seconds, `onSlow`.
function told(canvas: HTMLCanvasElement, onSlow: () => void): (work: number) => void {
    let frames = 0;
    let total = 0;
    let slow = 0;
    let since = performance.now();
    return (work) => {
        frames++;
        total += work;
        const now = performance.now();
        if (now - since >= 1000) {
            canvas.dataset['framesPerSecond'] = ((1000 * frames) / (now - since)).toFixed(1);
            canvas.dataset['workPerFrame'] = (total / frames).toFixed(3);
            slow = (1000 * frames) / (now - since) < SLOW ? slow + 1 : 0;
            if (slow === PATIENCE) {
                onSlow();
            }
            frames = total = 0;
            since = now;
        }
    };
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
        const say = told(heads.current!, () => setSlow(true));
        let frame = 0;
        const paint = (): void => {
            const began = performance.now();
            layers.current?.moving.draw(began / 1000);
            say(performance.now() - began);
            frame = requestAnimationFrame(paint);
        };
        paint();
        return () => cancelAnimationFrame(frame);
    }, [paused, slow]);
    const scale = Math.min(2, window.devicePixelRatio);
    const size = { width: width * scale, height: height * scale };
    return (
        <>
            <canvas ref={lines} class="arcs" aria-hidden="true" {...size} />
            <canvas ref={heads} class="arcs moving" aria-hidden="true" data-arcs={arcs.length} {...size} />
            {(missing || slow) && <p class="no-webgl dim small">{text(missing ? 'darknet.no_webgl' : 'darknet.slow')}</p>}
        </>
    );
}
