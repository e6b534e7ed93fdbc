// Thousands of arcs in one draw call: WebGL2, one instance an arc, all movement in the shader.
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
    draw: (seconds: number) => void;
    clear: () => void;
    close: () => void;
}

const FLOATS = 10; // of an instance: from, to, colour, strength, speed, phase

const VERTEX = `#version 300 es
uniform vec2 size;
uniform vec2 middle;
uniform float polar, seconds, span, width;
in vec2 corner;
in vec4 ends;
in vec3 colour;
in vec3 motion;
out float along, across;
out vec4 ink;
vec2 place(float t) {
    if (polar > 0.5) {
        float turn = mod(ends.z - ends.x + 3.14159265, 6.2831853) - 3.14159265;
        float s = t * t * (3.0 - 2.0 * t);
        float angle = ends.x + turn * s;
        return middle + mix(ends.y, ends.w, t) * vec2(cos(angle), sin(angle));
    }
    vec2 way = ends.zw - ends.xy;
    vec2 bend = vec2(way.y, -way.x) * 0.07;
    return mix(ends.xy, ends.zw, t) + bend * 4.0 * t * (1.0 - t);
}
void main() {
    float head = span < 1.0 ? fract(seconds * motion.y + motion.z) * (1.0 + span) : 1.0;
    float t = clamp(head - span + span * corner.x, 0.0, 1.0);
    float near = t < 0.99 ? t + 0.01 : t - 0.01;
    vec2 at = place(t);
    vec2 way = (place(near) - at) * (near > t ? 1.0 : -1.0);
    vec2 side = normalize(vec2(-way.y, way.x) + 1e-6);
    vec2 where = at + side * corner.y * width;
    gl_Position = vec4(where.x / size.x * 2.0 - 1.0, 1.0 - where.y / size.y * 2.0, 0.0, 1.0);
    along = corner.x;
    across = corner.y;
    float moving = span < 1.0 ? step(0.0001, motion.y) : 1.0;
    ink = vec4(colour, motion.x * moving);
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
    ['corner', 'ends', 'colour', 'motion'].forEach((name, i) => gl.bindAttribLocation(made, i, name));
    gl.linkProgram(made);
    return gl.getProgramParameter(made, gl.LINK_STATUS) ? made : null;
}

// A ribbon of `steps` pieces, as a triangle strip.
function ribbon(steps: number): Float32Array {
    const corners: number[] = [];
    for (let i = 0; i <= steps; i++) {
        corners.push(i / steps, -1, i / steps, 1);
    }
    return new Float32Array(corners);
}

function attributes(gl: WebGL2RenderingContext, corners: WebGLBuffer, instances: WebGLBuffer): void {
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, instances);
    [[1, 4, 0], [2, 3, 4], [3, 3, 7]].forEach(([place = 0, count = 0, offset = 0]) => {
        gl.enableVertexAttribArray(place);
        gl.vertexAttribPointer(place, count, gl.FLOAT, false, FLOATS * 4, offset * 4);
        gl.vertexAttribDivisor(place, 1);
    });
}

function packed(arcs: ArcShape[]): Float32Array {
    const data = new Float32Array(arcs.length * FLOATS);
    arcs.forEach((arc, i) => data.set([...arc.from, ...arc.to, ...arc.colour, arc.strength, arc.speed, arc.phase], i * FLOATS));
    return data;
}

export interface LayerOptions {
    width: number; // of the drawing, in its own units
    height: number;
    polar: boolean;
    span: number; // 1: whole lines; less: the travelling piece's share of the way
    thickness: number;
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
    const steps = options.span === 1 ? 24 : 3;
    const corners = gl.createBuffer()!;
    const instances = gl.createBuffer()!;
    let count = 0;
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.bufferData(gl.ARRAY_BUFFER, ribbon(steps), gl.STATIC_DRAW);
    attributes(gl, corners, instances);
    gl.useProgram(made);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(made, name);
    const seconds = place('seconds');
    gl.uniform2f(place('size'), options.width, options.height);
    gl.uniform2f(place('middle'), options.width / 2, options.height / 2);
    gl.uniform1f(place('polar'), options.polar ? 1 : 0);
    gl.uniform1f(place('span'), options.span);
    gl.uniform1f(place('width'), options.thickness);
    const clear = (): void => {
        gl.viewport(0, 0, canvas.width, canvas.height);
        gl.clearColor(0, 0, 0, 0);
        gl.clear(gl.COLOR_BUFFER_BIT);
    };
    return {
        set: (arcs) => {
            gl.bindBuffer(gl.ARRAY_BUFFER, instances);
            gl.bufferData(gl.ARRAY_BUFFER, packed(arcs), gl.DYNAMIC_DRAW);
            count = arcs.length;
        },
        draw: (at) => {
            clear();
            gl.uniform1f(seconds, at);
            gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 2 * (steps + 1), count);
        },
        clear,
        close: () => gl.getExtension('WEBGL_lose_context')?.loseContext(),
    };
}
