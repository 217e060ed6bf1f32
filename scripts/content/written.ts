/**
 * A value of type T as a JSON file holds it. The compiler sees the shape of a JSON file, but no closed sets: the services
 * check those.
 */
export type Written<T> = T extends string
  ? string
  : T extends boolean
    ? boolean
    : T extends object
      ? { readonly [K in keyof T]: Written<T[K]> }
      : T;
