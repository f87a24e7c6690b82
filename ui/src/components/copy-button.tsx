import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { showSuccess } from './toasts.tsx';

type CopyButtonProps = {
  /** Name of the copied value, such as `URL`. */
  readonly what: string;
  readonly text: string;
  /** Shows only the icon. */
  readonly isSmall?: boolean;
};

/** Copies a text. Without a clipboard, as on plain HTTP, shows the text for manual copying. */
export const CopyButton = ({ what, text, isSmall = false }: CopyButtonProps) => {
  const [isShown, setShown] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      showSuccess(`Copied: ${what}`);
    } catch {
      setShown(true);
    }
  };
  const label = `Copy ${what}`;
  return (
    <>
      <button
        type="button"
        class={isSmall ? 'ghost copy' : 'button copy'}
        title={label}
        aria-label={label}
        onClick={() => void copy()}
      >
        <Icon name="copy" />
        {isSmall ? null : label}
      </button>
      {isShown ? (
        <Dialog title={what} wide onClose={() => setShown(false)}>
          <label class="field">
            <span>Select and copy the text: without TLS, the browser has no clipboard access</span>
            <textarea rows={18} readOnly value={text} onFocus={({ currentTarget }) => currentTarget.select()} />
          </label>
        </Dialog>
      ) : null}
    </>
  );
};
