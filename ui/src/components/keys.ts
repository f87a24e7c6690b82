import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export type Key = {
  /** Value of `KeyboardEvent.key`, prefixed with `mod+` for Ctrl or Cmd. */
  readonly key: string;
  /** Description for the help. */
  readonly description: string;
  readonly run: (event: KeyboardEvent) => void;
};

type Group = { readonly title: string; readonly keys: readonly Key[] };

/** Active shortcuts by part of the page. */
export const keyGroups = signal<readonly Group[]>([]);

/** Registers shortcuts while a part of the page is shown. They use its latest rendering. */
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

/** Runs the newest group's action for a key. Text fields and open dialogs keep their keys. */
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
