import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export type Key = {
  /** As `KeyboardEvent.key` has it; with `mod+` before it where Ctrl or Cmd is held. */
  readonly key: string;
  /** What it does, for the help. */
  readonly description: string;
  readonly run: (event: KeyboardEvent) => void;
};

type Group = { readonly title: string; readonly keys: readonly Key[] };

/** The keys that work now, by the part of the page that they are for. */
export const keyGroups = signal<readonly Group[]>([]);

/** Lets keys work for as long as a part of the page is shown. They do what its newest rendering says. */
export const useKeys = (title: string, keys: readonly Key[]): void => {
  const newest = useRef(keys);
  newest.current = keys;
  useEffect(() => {
    const group: Group = {
      title,
      get keys() {
        return newest.current;
      },
    };
    keyGroups.value = [...keyGroups.value, group];
    return () => {
      keyGroups.value = keyGroups.value.filter((each) => each !== group);
    };
  }, [title]);
};

const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select'));

/** Runs what the newest group has for a key. Fields that take text keep their keys, and so does an open dialog. */
export const listenToKeys = (): void => {
  document.addEventListener('keydown', (event) => {
    const mod = event.ctrlKey || event.metaKey;
    if (event.altKey || event.isComposing) return;
    if (!mod && takesText(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const pressed = mod ? `mod+${event.key.toLowerCase()}` : event.key;
    const found = keyGroups.value
      .toReversed()
      .flatMap(({ keys }) => keys)
      .find(({ key }) => key === pressed);
    if (found === undefined) return;
    event.preventDefault();
    found.run(event);
  });
};
