type HeaderListProps = { readonly headers: Readonly<Record<string, string>> };

export const HeaderList = ({ headers }: HeaderListProps) => (
  <pre class="json">
    {Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}
  </pre>
);
