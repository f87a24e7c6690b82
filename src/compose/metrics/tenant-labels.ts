/** Makes the function from a tenant to its label: its name where the operator asked for it by name, else `other`. */
export const tenantLabels = (named: readonly string[]): ((tenant: string) => string) => {
  const known = new Set(named);
  return (tenant) => (known.has(tenant) ? tenant : 'other');
};
