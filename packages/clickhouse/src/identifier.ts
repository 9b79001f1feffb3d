const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/;

/** Backquotes the name of a table or column (or `nested.column`); anything but a plain name is refused. */
export const quoteIdentifier = (name: string): string => {
  if (!IDENTIFIER.test(name)) {
    throw new TypeError(`"${name}" is no identifier: use letters, digits and underscores`);
  }
  return `\`${name}\``;
};
