"""The spider class, a loader that makes a spider from each profile folder, and the spider arguments."""
