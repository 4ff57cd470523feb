/** Sums of large tensors in a row, in a process of their own: `largeSums.ts MIB LENGTH FIXED`, which tells its parent what was foretold for the process. */
import { CardPool } from '../../../native/memory/cardPool.ts';
import { workOnCard } from '../../../native/memory/cardWork.ts';
import { Graph, type Value } from '../../../native/onnx/graph.ts';
import { add, slice } from '../../../native/onnx/ops.ts';
import { createSession, f32Tensor } from '../../../native/onnx/session.ts';

const [mib, length] = [Number(process.argv[2]), Number(process.argv[3])];
const fixed = process.argv[4] === 'true';
const count = mib * 2 ** 18;
const g = new Graph('large sums');
let y: Value = g.input('x', 'f32', ['n']);
for (let i = 0; i < length; i++) y = add(g, slice(g, y, 0, Number.MAX_SAFE_INTEGER, 0, 'n'), g.constantF32([i + 1], [1]));
g.output('y', slice(g, y, 0, 16, 0, 16));
const graph = g.build();
const shapes = { x: [count] };
const pool = new CardPool();
workOnCard(pool, graph, shapes, {}, fixed);
// The numbers themselves, and the copy that is on its way to the card.
const own = 2 * mib * 2 ** 20 + 130 * 2 ** 20;
const session = await createSession(graph, { provider: 'webgpu', threads: 2, externalRoot: '.', ...(fixed && { shapes }) });
await session.run({ x: f32Tensor(new Float32Array(count).fill(1), [count]) });
// Its parent looks at it before it goes.
process.send?.(own + pool.peak(), () => process.exit());
