/** Parameters of the address: `id` of `/jobs/:id`. */
export type PageProps = { readonly params: Readonly<Record<string, string>> };
