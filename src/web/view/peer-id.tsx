/** Tells two people of the same name apart. */
export function PeerId({ peer }: { readonly peer: string }) {
  return (
    <span class="peer-id">
      {" "}
      <bdi>({peer})</bdi>
    </span>
  );
}
