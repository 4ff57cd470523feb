import { positionals, type Command } from '../command.ts';
import { engineOptionSpecs, withEngine } from '../engineSession.ts';

/** What a checkpoint folder holds. */
export const info: Command = {
  name: 'info',
  positionals: '',
  summary: 'Tells what a model folder holds and can do.',
  options: engineOptionSpecs,
  async run(args, io) {
    positionals(args, []);
    const model = await withEngine(args, io, async (session) => session.model);
    if (args.flag('json')) {
      io.stdout.write(`${JSON.stringify(model)}\n`);
      return;
    }
    const tasks = model.tasks.map((task) => (task.experimental ? `${task.name} (experimental)` : task.name));
    const rows: [string, string][] = [
      ['Model', model.name],
      ['Folder', model.dir],
      ['Hash', model.modelHash],
      ['Parameters', `${(model.parameters / 1e6).toFixed(1)} M`],
      ['Weights', `${(model.weightBytes / 2 ** 20).toFixed(1)} MiB, ${model.dtypes.join(', ')}`],
      ['Context pictures', String(model.contextImages)],
      ['Sizes', model.sizes.map(([width, height]) => `${width}×${height}`).join(', ')],
      ['Defaults', `${model.defaults.steps} steps, txt-cfg ${model.defaults.txtCfg}, img-cfg ${model.defaults.imgCfg}`],
      ['Tasks', tasks.join(', ')],
      ['Runs with', `${model.reproduce.provider}, ${model.reproduce.precision}, ${model.reproduce.threads} threads, ${model.reproduce.attention} attention`],
    ];
    io.stdout.write(rows.map(([name, value]) => `${name.padEnd(18)}${value}\n`).join(''));
  },
};
