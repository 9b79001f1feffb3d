/** The token of an `Authorization: Bearer` header; null for none or another scheme. */
export const bearerToken = (header: string | undefined): string | null => {
  const match = header === undefined ? null : /^bearer +([^\s]+) *$/i.exec(header);
  return match?.[1] ?? null;
};
