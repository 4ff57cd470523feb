import { Select } from '../ui/Select.tsx';
import css from './Create.module.css';
import { setSampling, useComposer } from './composer.ts';
import { fasterFields, fasterText, wayOf, ways } from './faster.ts';

/** Trades exactness for time, and says what it costs. */
export function FasterField() {
  const sampling = useComposer((state) => state.sampling);
  const way = wayOf(sampling);
  const recalled = { value: 'recalled', label: fasterText(sampling) ?? '' };
  return (
    <>
      <Select
        label="Faster" value={way?.value ?? recalled.value} options={way === undefined ? [...ways, recalled] : ways}
        onChange={(value) => { const chosen = ways.find((one) => one.value === value); if (chosen !== undefined) setSampling({ guidanceRange: undefined, stepCache: undefined, ...chosen.fields }); }}
      />
      {(way === undefined || Object.keys(fasterFields(sampling)).length > 0) && <p className={css.hint}>{way?.hint ?? 'As the recalled picture was made.'}</p>}
    </>
  );
}
