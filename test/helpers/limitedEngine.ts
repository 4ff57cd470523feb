/** Asks the real engine for more than the memory allowed to it, then for less, and prints how both went. */
import { EngineHost } from '../../main/engine/host.ts';
import { toFailure } from '../../main/errors.ts';

const host = new EngineHost({ restartDelaysMs: [0] });
/** Fails while the picture is encoded, before the long part. */
const edit = (side: number): Promise<string> =>
  host.generate({ kind: 'edit', prompt: 'make it night', sizing: 'exact', steps: 1, image: { width: side, height: side, data: new Uint8Array(side * side * 3) } }).then(
    (result) => `${result.image.width}×${result.image.height}`,
    (error: unknown) => toFailure(error).code,
  );
const draw = (side: number): Promise<string> =>
  host.generate({ kind: 'textToImage', prompt: 'a red cube', width: side, height: side, steps: 1 }).then(
    (result) => `${result.image.width}×${result.image.height}`,
    (error: unknown) => toFailure(error).code,
  );

await host.load(process.argv[2] ?? '', { threads: 1 });
const outcomes = [await draw(64), await edit(3072), await draw(64)];
await host.dispose();
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
