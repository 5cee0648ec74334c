"""`migrate guard`: is a deprecated import or keyword of the plan in the tree, or in what is staged?"""
