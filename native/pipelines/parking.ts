import { Graph } from '../onnx/graph.ts';
import { createSession, letGo, type HostTensor, type Session } from '../onnx/session.ts';
import type { Networks } from './networks.ts';

type Tensors = Readonly<Record<string, HostTensor>>;

/** Keeps what every step reads on the card, so that it crosses once a run instead of once an evaluation. Does nothing where networks do not stay on one. */
export class Parking {
  readonly #networks: Networks;
  readonly #sessions: Session[] = [];
  readonly #parked: HostTensor[] = [];

  constructor(networks: Networks) {
    this.#networks = networks;
  }

  /** The same tensors, those of floats on the card where there is one. */
  async park(tensors: Tensors): Promise<Tensors> {
    const floats = Object.entries(tensors).filter(([, { dataType }]) => dataType === 'f32');
    if (!this.#networks.keepsOnCard || floats.length === 0) return tensors;
    // The runtime's binding makes no tensor of a card from numbers; what a network gives may stay there.
    const g = new Graph('parking');
    for (const [name, { shape }] of floats) g.output(name, g.input(`${name}/in`, 'f32', shape));
    const { provider, threads } = this.#networks.choice;
    const session = await createSession(g.build(), { provider, threads, externalRoot: this.#networks.checkpoint.externalRoot, keep: floats.map(([name]) => name) });
    this.#sessions.push(session);
    const parked = await session.run(Object.fromEntries(floats.map(([name, tensor]) => [`${name}/in`, tensor])));
    this.#parked.push(...Object.values(parked));
    return { ...tensors, ...parked };
  }

  /** Gives the card back what it holds. */
  async release(): Promise<void> {
    for (const tensor of this.#parked.splice(0)) letGo(tensor);
    for (const session of this.#sessions.splice(0)) await session.release();
  }
}
