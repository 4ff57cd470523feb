import { MessageSquare, MoreHorizontal, Plus } from 'lucide-react';
import { useEffect } from 'react';
import { Composer } from '../create/Composer.tsx';
import { setTask } from '../create/composer.ts';
import { keysOf, runCommand } from '../palette/commands.ts';
import { explain } from '../studio/explain.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { plural } from '../ui/format.ts';
import { keyLabel } from '../ui/keyLabel.ts';
import { Menu } from '../ui/Menu.tsx';
import { Notice } from '../ui/Notice.tsx';
import { copyText } from '../gallery/verbs.ts';
import css from './Ask.module.css';
import { deleteChat, newChat, openChat, useChats } from './chats.ts';
import { AskPictures } from './AskPictures.tsx';
import { Turns } from './Turns.tsx';

const week = 7 * 86_400_000;

function ChatList() {
  const { list, open } = useChats();
  const recent = list.filter((chat) => Date.now() - chat.updatedAt < week);
  const older = list.filter((chat) => Date.now() - chat.updatedAt >= week);
  const entry = (chat: (typeof list)[number]) => (
    <button key={chat.id} type="button" className={css.nav} aria-current={open?.id === chat.id ? 'true' : undefined} title={chat.title} onClick={() => { void openChat(chat.id); }}>
      <MessageSquare size={16} aria-hidden /><span>{chat.title || 'Question'}</span>
    </button>
  );
  return (
    <nav className={css.side} aria-label="Questions" data-region="chats">
      <Button className={css.new} onClick={() => runCommand('ask.new')}><Plus size={16} />New question<kbd>{keyLabel(keysOf('ask.new') ?? '')}</kbd></Button>
      {recent.map(entry)}
      {older.length > 0 && <h2>Before last week</h2>}
      {older.map(entry)}
    </nav>
  );
}

function Head() {
  const { open, list } = useChats();
  const text = (): string => (open?.turns ?? []).map((turn) => turn.text).join('\n\n');
  return (
    <div className={css.head}>
      <h2>{open === undefined ? 'New question' : open.title || 'Question'}</h2>
      <span>{open === undefined ? '' : plural(open.turns.filter((turn) => turn.role === 'user').length, 'question')}</span>
      <Menu
        align="end" trigger={<IconButton label="More"><MoreHorizontal size={16} /></IconButton>}
        items={[
          { label: 'New question', keys: keysOf('ask.new'), run: newChat },
          { label: 'Copy everything said', disabled: open === undefined, run: () => { void copyText(text(), 'Conversation'); } },
          { kind: 'separator' },
          ...list.slice(0, 8).map((chat) => ({ label: chat.title || 'Question', run: () => { void openChat(chat.id); } })),
          { kind: 'separator' },
          { label: 'Delete this conversation', danger: true, disabled: open === undefined, run: () => { if (open !== undefined) void deleteChat(open.id); } },
        ]}
      />
    </div>
  );
}

/** A conversation about one or more pictures. */
export function Ask() {
  // The place decides what the prompt is for; the words stay.
  useEffect(() => setTask('ask'), []);
  const problem = useChats((state) => state.problem);
  return (
    <div className={css.place}>
      <ChatList />
      <div className={css.center}>
        <h1 className="visually-hidden">Ask</h1>
        <div className={css.work}>
          <AskPictures />
          <div className={css.talk}>
            <Head />
            {problem !== undefined && <div style={{ padding: 12 }}><Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice></div>}
            <Turns />
          </div>
        </div>
        <Composer />
      </div>
    </div>
  );
}
