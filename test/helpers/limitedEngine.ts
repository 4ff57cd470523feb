/** Asks the real engine for more than the memory allowed to it, then for less, and prints how both went. */
import { EngineHost } from '../../main/engine/host.ts';
import { toFailure } from '../../main/errors.ts';

const host = new EngineHost({ restartDelaysMs: [0] });
const draw = (side: number): Promise<string> =>
  host.generate({ kind: 'textToImage', prompt: 'a red cube', width: side, height: side, steps: 1 }).then(
    (result) => `${result.image.width}×${result.image.height}`,
    (error: unknown) => toFailure(error).code,
  );

await host.load(process.argv[2] ?? '', { threads: 1 });
const outcomes = [await draw(64), await draw(1536), await draw(64)];
await host.dispose();
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
