/** A thread that packs tensors, or makes the sums of packed ones, one after the other. */
import { parentPort } from 'node:worker_threads';
import type { PoolReply, PoolTask } from './pool.ts';
import { packTensor, sumOfPart } from './tensor.ts';

parentPort?.on('message', (task: PoolTask) => {
  let reply: PoolReply;
  try {
    reply = { sums: task.type === 'pack' ? packTensor(task.pack) : task.parts.map((part) => sumOfPart(task.file, part) ?? -1) };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error), code: error instanceof Error && 'code' in error ? String(error.code) : '' };
  }
  parentPort?.postMessage(reply);
});
