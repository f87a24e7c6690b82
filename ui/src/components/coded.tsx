/** A text with its code. */
export const Coded = ({ words, code }: { readonly words: string; readonly code: string }) => (
  <span class="coded">
    {words} <code class="quiet">{code}</code>
  </span>
);
