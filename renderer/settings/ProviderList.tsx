import { useEffect, useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Provider } from '../../preload/contract/generation.ts';
import type { ProviderProbe, ProvidersState, Settings } from '../../preload/contract/system.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Select } from '../ui/Select.tsx';
import css from './SettingsDialog.module.css';

const names: Readonly<Record<Provider, string>> = { cpu: 'Processor', webgpu: 'WebGPU', cuda: 'CUDA', dml: 'DirectML', coreml: 'Core ML' };

function resultOf({ state, report, reason, attention }: ProviderProbe): string {
  const speed = report === null ? '' : ` · ${Math.round(report.gigaflops)} GFLOP/s`;
  switch (state) {
    case 'untested': return 'Not tested yet';
    case 'testing': return 'Being tested';
    case 'right': return `Right${speed}${attention === 'decomposed' ? ' · attention written out' : ''}`;
    case 'wrong': return `Wrong${reason === null ? '' : `: ${reason}`}`;
    case 'absent': return 'Not on this computer';
    case 'crashed': return `Stopped during its test; not tried again unless you ask${reason === null ? '' : `. ${reason}`}`;
  }
}

/** Errors of each kernel, for whoever wants to know. */
function numbersOf({ report, reason }: ProviderProbe): string | undefined {
  if (report === null) return reason ?? undefined;
  const error = (value: number | null): string => (value === null ? 'none' : value.toExponential(1));
  return `Errors: matrix product ${error(report.matrixProduct)}, fused attention ${error(report.fusedAttention)}, written out ${error(report.decomposedAttention)}, half-precision convolution ${error(report.halfConvolution)}`;
}

/** What the engine runs on: what each provider got right here, and which one is taken. */
export function ProviderList({ settings, save }: { readonly settings: Settings; readonly save: (patch: { provider: Provider | null }) => void }) {
  const [state, setState] = useState<ProvidersState>();
  const [testing, setTesting] = useState<Provider>();
  const [problem, setProblem] = useState<Failure>();
  useEffect(() => { studio().system.providers().then(setState, (thrown: unknown) => setProblem(toProblem(thrown))); }, []);
  const test = async (provider: Provider): Promise<void> => {
    setTesting(provider);
    try {
      setState(await studio().system.testProvider({ provider }));
      setProblem(undefined);
    } catch (thrown) {
      setProblem(toProblem(thrown));
    } finally {
      setTesting(undefined);
    }
  };
  const chosen = state === undefined ? '' : `: ${names[state.chosen].toLowerCase() === 'processor' ? 'processor' : names[state.chosen]}`;
  return (
    <>
      <span>Provider</span>
      <div className={css.ctl}>
        <Select<Provider | 'auto'> label="Runs on" value={settings.provider ?? 'auto'} onChange={(provider) => save({ provider: provider === 'auto' ? null : provider })}
          options={[{ value: 'auto', label: `Chosen by the engine${chosen}` }, ...(['cpu', 'cuda', 'webgpu', 'dml', 'coreml'] as const).map((value) => ({ value, label: names[value] }))]} />
      </div>
      {problem !== undefined && <div className={css.whole}><Notice code={problem.code}>{problem.message}</Notice></div>}
      {state !== undefined && settings.provider === null && <><span /><p className={css.note}>{state.reason}</p></>}
      {state?.probes.map((probe) => [
        <span key={`${probe.provider} name`} className={css.hint}>{names[probe.provider]}</span>,
        <div key={`${probe.provider} result`} className={css.ctl} title={numbersOf(probe)}>
          <span className={probe.state === 'crashed' || probe.state === 'wrong' ? css.grow : undefined}>{testing === probe.provider ? 'Being tested' : resultOf(probe)}</span>
          <Button size="sm" disabled={testing !== undefined} aria-label={`Test ${names[probe.provider]}`} onClick={() => { void test(probe.provider); }}>{probe.state === 'untested' ? 'Test' : 'Test again'}</Button>
        </div>,
      ])}
    </>
  );
}
