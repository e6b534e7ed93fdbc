// Thousands of arcs in one draw call: WebGL2, all movement in the shader.
//
// Two layers: the lines themselves are painted once and stay; each frame paints only the short
// bright pieces that travel along them, so the work of a frame does not grow with their length.

export interface ArcShape {
    from: [number, number]; // polar: angle and radius; else x and y; in pixels of the drawing
    to: [number, number];
    colour: [number, number, number];
    strength: number; // of the line, 0 to 1
    head: number; // of what travels on it
    speed: number; // travels in a second; 0 stands still
    phase: number; // 0 to 1: so that they do not travel in step
}

export interface ArcLayer {
    set: (arcs: ArcShape[]) => void;
    draw: (seconds: number, share?: number) => void; // of the arcs, the first so many
    clear: () => void;
    close: () => void;
}

const TEXELS = 3; // of an arc, four numbers each: ends; colour and strength; speed and phase
const ROW = 341; // arcs in a row of the texture

// An arc is `pieces` quadrilaterals one after the other, or one thin line where `pieces` is 0. Its
// numbers are in a texture: one call without instances, of which a processor that paints makes a
// call each.
const VERTEX = `#version 300 es
precision highp float;
uniform sampler2D arcs;
uniform vec2 size;
uniform vec2 middle;
uniform float polar, seconds, span, width;
uniform int pieces;
out float along, across;
out vec4 ink;
vec2 place(vec4 ends, float t) {
    if (polar > 0.5) {
        float turn = mod(ends.z - ends.x + 3.14159265, 6.2831853) - 3.14159265;
        float angle = ends.x + turn * t * t * (3.0 - 2.0 * t);
        return middle + mix(ends.y, ends.w, t) * vec2(cos(angle), sin(angle));
    }
    vec2 way = ends.zw - ends.xy;
    return mix(ends.xy, ends.zw, t) + vec2(way.y, -way.x) * 0.28 * t * (1.0 - t);
}
void main() {
    int corners = pieces > 0 ? 6 : 2;
    int corner = gl_VertexID % corners;
    int piece = pieces > 0 ? gl_VertexID / 6 % pieces : 0;
    int arc = gl_VertexID / (corners * max(pieces, 1));
    ivec2 spot = ivec2(arc % ${ROW} * ${TEXELS}, arc / ${ROW});
    vec4 ends = texelFetch(arcs, spot, 0);
    vec4 colour = texelFetch(arcs, spot + ivec2(1, 0), 0);
    vec2 motion = texelFetch(arcs, spot + ivec2(2, 0), 0).xy;
    float head = span < 1.0 ? fract(seconds * motion.x + motion.y) * (1.0 + span) : 1.0;
    along = float(piece + (corner == 1 || corner > 3 ? 1 : 0)) / float(max(pieces, 1));
    across = pieces == 0 ? 0.0 : corner == 0 || corner == 1 || corner == 4 ? -1.0 : 1.0;
    float t = clamp(head - span + span * along, 0.0, 1.0);
    float near = t < 0.99 ? t + 0.01 : t - 0.01;
    vec2 at = place(ends, t);
    vec2 way = (place(ends, near) - at) * (near > t ? 1.0 : -1.0);
    vec2 where = at + normalize(vec2(-way.y, way.x) + 1e-6) * across * width;
    gl_Position = vec4(where.x / size.x * 2.0 - 1.0, 1.0 - where.y / size.y * 2.0, 0.0, 1.0);
    ink = colour;
}`;

const FRAGMENT = `#version 300 es
precision highp float; // as in the other shader: both share span
uniform float span;
in float along, across;
in vec4 ink;
out vec4 paint;
void main() {
    float edge = 1.0 - smoothstep(0.35, 1.0, abs(across));
    float tail = span < 1.0 ? along * along : 1.0;
    float alpha = ink.a * edge * tail;
    paint = vec4(ink.rgb * alpha, alpha);
}`;

function shader(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
    const made = gl.createShader(kind)!;
    gl.shaderSource(made, source);
    gl.compileShader(made);
    return made;
}

function program(gl: WebGL2RenderingContext): WebGLProgram | null {
    const made = gl.createProgram()!;
    gl.attachShader(made, shader(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(made, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(made);
    return gl.getProgramParameter(made, gl.LINK_STATUS) ? made : null;
}

// As a texture: a row of it is ROW arcs.
function packed(arcs: ArcShape[]): { data: Float32Array; rows: number } {
    const rows = Math.max(1, Math.ceil(arcs.length / ROW));
    const data = new Float32Array(rows * ROW * TEXELS * 4);
    arcs.forEach((arc, i) => data.set([...arc.from, ...arc.to, ...arc.colour, arc.strength, arc.speed, arc.phase], i * TEXELS * 4));
    return { data, rows };
}

export interface LayerOptions {
    width: number; // of the drawing, in its own units
    height: number;
    polar: boolean;
    span: number; // 1: whole lines; less: the travelling piece's share of the way
    thickness: number; // of whole lines; what travels is one pixel thin
}

// Without WebGL2: the same lines, painted once by the processor.
export function paintStill(canvas: HTMLCanvasElement, arcs: ArcShape[], width: number, polar: boolean): void {
    const context = canvas.getContext('2d');
    if (!context) {
        return;
    }
    const scale = canvas.width / width;
    const [middle, center] = [canvas.width / 2, canvas.height / 2];
    const spot = ([angle, radius]: [number, number]): [number, number] => [middle + radius * scale * Math.cos(angle), center + radius * scale * Math.sin(angle)];
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const { from, to, colour, strength } of arcs) {
        const [a, b] = polar ? [spot(from), spot(to)] : [[from[0] * scale, from[1] * scale], [to[0] * scale, to[1] * scale]];
        context.strokeStyle = `rgba(${colour.map((part) => part * 255).join()},${strength})`;
        context.beginPath();
        context.moveTo(a[0]!, a[1]!);
        context.lineTo(b[0]!, b[1]!);
        context.stroke();
    }
}

// null: this browser has no WebGL2.
export function arcLayer(canvas: HTMLCanvasElement, options: LayerOptions): ArcLayer | null {
    const gl = canvas.getContext('webgl2', { antialias: false, alpha: true, premultipliedAlpha: true, depth: false, preserveDrawingBuffer: options.span === 1 });
    const made = gl && program(gl);
    if (!gl || !made) {
        return null;
    }
    const pieces = options.span === 1 ? 24 : 0;
    let count = 0;
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.useProgram(made);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(made, name);
    const seconds = place('seconds');
    gl.uniform2f(place('size'), options.width, options.height);
    gl.uniform2f(place('middle'), options.width / 2, options.height / 2);
    gl.uniform1f(place('polar'), options.polar ? 1 : 0);
    gl.uniform1i(place('pieces'), pieces);
    gl.uniform1f(place('span'), options.span);
    gl.uniform1f(place('width'), options.thickness);
    const clear = (): void => {
        gl.viewport(0, 0, canvas.width, canvas.height);
        gl.clearColor(0, 0, 0, 0);
        gl.clear(gl.COLOR_BUFFER_BIT);
    };
    return {
        set: (arcs) => {
            const { data, rows } = packed(arcs);
            gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, ROW * TEXELS, rows, 0, gl.RGBA, gl.FLOAT, data);
            count = arcs.length;
        },
        draw: (at, share = 1) => {
            const shown = Math.ceil(count * share);
            clear();
            gl.uniform1f(seconds, at);
            gl.drawArrays(pieces > 0 ? gl.TRIANGLES : gl.LINES, 0, (pieces > 0 ? 6 * pieces : 2) * shown);
        },
        clear,
        close: () => gl.getExtension('WEBGL_lose_context')?.loseContext(),
    };
}
