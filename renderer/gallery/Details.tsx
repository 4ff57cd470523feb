import { Copy, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Generation } from '../../preload/contract/project.ts';
import { studio } from '../studio/current.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Words } from './Words.tsx';
import css from './Inspector.module.css';
import { factsOf, factsText } from './parameters.ts';
import { patchGeneration } from './useGeneration.ts';
import { copyText, recallFrom } from './verbs.ts';

function Tags({ row }: { readonly row: Generation }) {
  const change = (add: string[], remove: string[]): void => {
    patchGeneration(row.id, { tags: [...row.tags.filter((tag) => !remove.includes(tag)), ...add.filter((tag) => !row.tags.includes(tag))] });
    void studio().gallery.tag({ ids: [row.id], add, remove });
  };
  return (
    <div className={css.tags}>
      {row.tags.map((tag) => <span key={tag} className={css.tag}>{tag}<button type="button" aria-label={`Remove the tag ${tag}`} onClick={() => change([], [tag])}><X size={12} /></button></span>)}
      <input
        className={css.add} placeholder="Add a tag" aria-label="Add a tag" maxLength={200}
        onKeyDown={(event) => {
          const tag = event.currentTarget.value.trim().replace(/^#/, '');
          if (event.key !== 'Enter' || tag === '') return;
          event.stopPropagation();
          change([tag], []);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}

function Note({ row }: { readonly row: Generation }) {
  const [draft, setDraft] = useState(row.note);
  useEffect(() => setDraft(row.note), [row.id, row.note]);
  const save = (): void => {
    if (draft === row.note) return;
    patchGeneration(row.id, { note: draft });
    void studio().gallery.note({ id: row.id, note: draft });
  };
  return <textarea className={css.note} aria-label="Note" placeholder="A note, found by search" value={draft} onChange={(event) => setDraft(event.currentTarget.value)} onBlur={save} />;
}

/** Everything known about a picture, and what can be brought back from it. */
export function Details({ row }: { readonly row: Generation }) {
  return (
    <>
      {row.prompt !== '' && (
        <section className={css.sec}>
          <h2><span>Prompt</span><IconButton tiny label="Copy the prompt" onClick={() => { void copyText(row.prompt, 'Prompt'); }}><Copy size={14} /></IconButton></h2>
          <p className={css.prompt}><Words text={row.prompt} /></p>
        </section>
      )}
      <section className={css.sec}>
        <h2><span>Parameters</span>{row.request !== null && <Button size="sm" kind="ghost" onClick={() => { void recallFrom(row.id, 'all'); }}>Recall all <kbd>R</kbd></Button>}</h2>
        <dl className={css.kv}>{factsOf(row).map((fact) => [<dt key={fact.name}>{fact.name}</dt>, <dd key={`${fact.name} value`}>{fact.value}</dd>])}</dl>
        <div className={css.acts} style={{ marginTop: 8, marginLeft: -8 }}>
          {row.request !== null && <Button size="sm" kind="ghost" style={{ flex: 'none' }} onClick={() => { void recallFrom(row.id, 'prompt'); }}>Only prompt</Button>}
          {row.seed !== null && <Button size="sm" kind="ghost" onClick={() => { void recallFrom(row.id, 'seed'); }}>Only seed</Button>}
          <Button size="sm" kind="ghost" onClick={() => { void copyText(factsText(row), 'Parameters'); }}>Copy all</Button>
        </div>
      </section>
      <section className={css.sec}><h2><span>Tags</span></h2><Tags row={row} /></section>
      <section className={css.sec}><h2><span>Note</span></h2><Note row={row} /></section>
    </>
  );
}
