/** A code behind the words that say it. */
export const Coded = ({ words, code }: { readonly words: string; readonly code: string }) => (
  <span class="coded">
    {words} <code class="quiet">{code}</code>
  </span>
);
