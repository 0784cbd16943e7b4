// What stands in the places that Streamlit makes. It calls a component after every change, and what the component
// returned when its place goes, but also whenever a change comes before the one before it is taken up: the place
// is in use then, and what a person does in it goes on. So nothing ends before its place is gone.

// make(root): builds what stands in a place; it has a root and can be destroyed.
// Returns a function of a place: what stands there, and what the component is to return.
export function mountedBy(make) {
  const mounted = new WeakMap();
  return (place) => {
    const root = place.querySelector(".headlight");
    let view = mounted.get(place);
    if (view?.root !== root) {
      view?.destroy();
      view = make(root);
      mounted.set(place, view);
    }
    const leave = () => {
      if (place.isConnected) return;
      view.destroy();
      mounted.delete(place);
    };
    return [view, leave];
  };
}
