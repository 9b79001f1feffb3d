import { useId } from 'react';
import { Icon } from './icon.tsx';

type Props<Value extends string> = {
  /** Read out, not shown. */
  label: string;
  value: Value;
  options: readonly { value: Value; text: string }[];
  onPick: (value: Value) => void;
};

/** One of a few, in the browser's own list. */
export const Picker = <Value extends string>({ label, value, options, onPick }: Props<Value>) => {
  const id = useId();
  return (
    <div className="select">
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const picked = options.find((option) => option.value === event.target.value);
          if (picked !== undefined) onPick(picked.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
      <Icon name="chevron" size={16} />
    </div>
  );
};
