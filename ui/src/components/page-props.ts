/** What the address of a page says: `id` of `/jobs/:id`. */
export type PageProps = { readonly params: Readonly<Record<string, string>> };
