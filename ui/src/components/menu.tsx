import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

export type MenuItem = {
  readonly text: string;
  readonly icon: IconName;
  readonly danger?: boolean;
  readonly run: () => void;
};

type MenuProps = {
  /** Label for screen readers. */
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly children?: ComponentChildren;
  readonly class?: string;
};

/** A button that opens a menu of actions; not rendered without actions. */
export const Menu = ({ label, items, children, class: className = 'ghost' }: MenuProps) => {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  if (items.length === 0) return null;
  const place = () => {
    const [at, list] = [button.current?.getBoundingClientRect(), popover.current];
    if (at === undefined || list === null) return;
    const fitsBelow = at.bottom + list.offsetHeight + 8 < innerHeight;
    list.style.top = `${fitsBelow ? at.bottom + 4 : Math.max(8, at.top - list.offsetHeight - 4)}px`;
    list.style.left = `${Math.max(8, Math.min(at.right - list.offsetWidth, innerWidth - list.offsetWidth - 8))}px`;
  };
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const buttons = [...(popover.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((each) => each.matches(':focus'));
    buttons.at((at + step) % buttons.length)?.focus();
  };
  return (
    <>
      <button ref={button} type="button" class={className} popovertarget={id} aria-label={label}>
        {children ?? <Icon name="more" />}
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        class="menu"
        onToggle={({ newState }) => {
          if (newState !== 'open') return;
          place();
          popover.current?.querySelector('button')?.focus();
        }}
        onKeyDown={move}
      >
        {items.map(({ text, icon, danger, run }) => (
          <button
            key={text}
            type="button"
            role="menuitem"
            class={danger === true ? 'menu-item danger-text' : 'menu-item'}
            onClick={() => {
              popover.current?.hidePopover();
              run();
            }}
          >
            <Icon name={icon} />
            {text}
          </button>
        ))}
      </div>
    </>
  );
};
