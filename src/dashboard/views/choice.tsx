interface Props {
  label: string;
  options: readonly (readonly [value: string, words: string])[];
  /** Of the form's field. */
  name?: string;
  /** What is chosen; absent: the form knows. */
  value?: string;
  onChange?: (value: string) => void;
}

/** One of several values. */
export const Choice = ({ label, options, onChange, ...field }: Props) => (
  <label>
    {label}{" "}
    <select {...field} onChange={({ currentTarget }) => onChange?.(currentTarget.value)}>
      {options.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  </label>
);
