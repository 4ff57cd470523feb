import { beforeEach, describe, expect, it } from 'vitest';
import { chosenIds, useSelection } from './selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const now = () => [...useSelection.getState().ids].sort();

describe('selection', () => {
  beforeEach(() => useSelection.setState({ ids: new Set(), focus: undefined, anchor: undefined }));

  it('chooses one, toggles another, and extends from the last', () => {
    const s = useSelection.getState();
    s.only('b');
    s.toggle('d');
    expect(now()).toEqual(['b', 'd']);
    s.range('e', order);
    expect(now()).toEqual(['d', 'e']);
    s.range('b', order);
    expect(now()).toEqual(['b', 'c', 'd']);
  });

  it('acts on the focused picture when nothing is chosen', () => {
    useSelection.setState({ focus: 'c' });
    expect(chosenIds()).toEqual(['c']);
  });

  it('forgets what a complete search no longer shows', () => {
    const s = useSelection.getState();
    s.all(order);
    s.keepOnly(new Set(['a']));
    expect(now()).toEqual(['a']);
  });
});
